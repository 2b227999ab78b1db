// The file of `--api-keys`: JSON, one record per key, with the key's hash and never the key. It is
// replaced as a whole (written beside, synced, renamed), so that a reader sees the old or the new
// one; writers wait for each other.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "rpc/access.h"

namespace gateway {

struct KeyRecord {
  std::string id;
  std::string name;  // for people; unique in the file
  crypto::Hash32 hash{};
  rpc::Grants grants;
  base::UnixMillis created = 0;
  std::optional<base::UnixMillis> expires;

  bool expired(base::UnixMillis now) const { return expires && *expires <= now; }
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

// No file: no keys. Refused: a file that others may write, and one of another form.
base::Result<std::vector<KeyRecord>> read_key_file(const std::filesystem::path& path);

// Reads the records, lets `change` change them, and writes them (mode 0600) if it returns true.
base::Result<> change_key_file(
    const std::filesystem::path& path,
    const std::function<base::Result<bool>(std::vector<KeyRecord>&)>& change);

}  // namespace gateway
