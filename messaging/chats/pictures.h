// Pictures of accounts, contacts and groups: which files are allowed, and how a picture is
// replaced. In the writer's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/blobs.h"

namespace messaging::chats {

inline constexpr std::uint64_t kMaxPicture = 1024 * 1024;  // bytes of plaintext

// Checks a file's size and name. `what`: the parameter, for the error.
base::Result<> check_picture(const store::BlobRow& blob, std::string_view what);

// Puts a blob, or none, into `place`, which the caller stores. Deletes the blob that was there
// unless it is used elsewhere.
base::Result<> replace_picture(const kernel::WriteContext& write,
                               std::optional<std::int64_t>& place, std::optional<std::int64_t> blob,
                               files::RemovedFiles& files);

}  // namespace messaging::chats
