// KeyRing: the API keys in force, from the file of `--api-keys`, read again when it changes.
//
// A key that was revoked, changed or expired ends: its Access says so, and everything open by it
// closes. One thread (the loop's).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/auth/key_file.h"
#include "rpc/access.h"

namespace gateway {

class KeyRing {
 public:
  // `clock` outlives this. An unreadable or damaged file is an error that says what to do; an
  // absent one means that there are no keys yet.
  static base::Result<std::unique_ptr<KeyRing>> open(std::filesystem::path path,
                                                     const base::Clock& clock);

  // Reads the file again. When it fails the keys stay as they are.
  base::Result<> reload();

  enum class Verdict { good, unknown, expired };
  struct Found {
    Verdict verdict = Verdict::unknown;
    std::shared_ptr<const rpc::Access> access = nullptr;  // when good
  };
  // Compares in constant time.
  Found find(std::string_view token);

  // Ends expired keys; returns when to call it again (wall time), if ever.
  std::optional<base::UnixMillis> expire();
  std::size_t size() const { return keys_.size(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Key {
    KeyRecord record;
    std::shared_ptr<const rpc::Access> access;
  };
  KeyRing(std::filesystem::path path, const base::Clock& clock)
      : path_(std::move(path)), clock_(clock) {}

  const std::filesystem::path path_;
  const base::Clock& clock_;
  std::unordered_map<std::string, Key> keys_;  // by id
};

}  // namespace gateway
