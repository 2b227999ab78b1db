// Blobs' rows: a blob is a sealed file of random name on disk; its row holds its key and the file's
// name. `uses` counts the messages that show it: deleting the last one deletes the row, and the
// file is then removed after the commit.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

struct BlobRow {
  std::int64_t id = 0;
  std::string name;        // of the file on disk: random, without a folder
  std::uint64_t size = 0;  // bytes of plaintext
  std::int64_t uses = 0;
  base::UnixMillis created_at = 0;
  // Sealed:
  crypto::WipingArray<32> key;
  std::string file_name;  // as the sender named it
  std::string media_type;
  std::array<std::uint8_t, 32> hash{};  // BLAKE2b-256 of the sealed bytes (BlobInfo::hash)
  bool is_container = false;            // of a protected file, by its first bytes
  std::uint32_t width = 0;              // pixels, of a picture whose headers say them; 0: unknown
  std::uint32_t height = 0;             //
};

// With uses as given, usually 0: insert_message() adds one.
base::Result<> insert_blob(const Scope& scope, const BlobRow& row);
base::Result<std::optional<BlobRow>> find_blob(const Scope& scope, std::int64_t blob);
base::Result<BlobRow> load_blob(const Scope& scope, std::int64_t blob);
base::Result<std::optional<BlobRow>> find_blob_by_name(const Scope& scope, std::string_view name);

// Another file name and media type for a blob that nothing uses yet.
base::Result<> rename_blob(const Scope& scope, const BlobRow& row);

base::Result<> add_blob_use(const Scope& scope, std::int64_t blob);
// Returns the file's name if that was the last use and the row was deleted.
base::Result<std::optional<std::string>> drop_blob_use(const Scope& scope, std::int64_t blob);
// Blobs that were created before `before` and never used.
base::Result<std::vector<std::int64_t>> unused_blobs(const Scope& scope, base::UnixMillis before);
// Plaintext bytes of each.
base::Result<std::vector<std::uint64_t>> blob_sizes(const Scope& scope);
base::Result<std::vector<std::string>> blob_names(const Scope& scope);
base::Result<bool> has_blob(const Scope& scope, std::string_view name);

}  // namespace store
