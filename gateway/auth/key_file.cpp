#include "gateway/auth/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/disk_error.h"
#include "crypto/encoding.h"
#include "gateway/loop/fd.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::fail;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;
constexpr int kVersion = 1;

base::Error damaged(const fs::path& path, std::string_view what) {
  return fail(Errc::corrupt,
              fmt::format("the API key file {}: {}; put a copy of it back, or move it "
                          "away and make new keys with privitty-edge keys add",
                          path.string(), what));
}

Result<std::string> read_text(const Fd& fd, const fs::path& path) {
  std::string text(kMaxFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(Errc::io, "the API key file " + path.string(), errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxFileBytes) return damaged(path, "it is larger than 4 MiB");
  text.resize(size);
  return text;
}

Json to_json(const KeyRecord& record) {
  Json accounts = Json::array();
  for (const auto account : record.grants.accounts) accounts.push_back(account.value);
  return Json{{"id", record.id},
              {"name", record.name},
              {"hash", crypto::hex_encode(record.hash)},
              {"scopes", rpc::scopes_text(record.grants)},
              {"accounts", std::move(accounts)},
              {"created", record.created},
              {"expires", record.expires ? Json(*record.expires) : Json()}};
}

// Nothing when a member is missing or of another type.
std::optional<KeyRecord> from_json(const Json& json) {
  const auto text = [&](const char* name) -> std::optional<std::string> {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return std::nullopt;
    return json[name].get<std::string>();
  };
  const auto id = text("id"), name = text("name"), hash = text("hash"), scopes = text("scopes");
  if (!id || !name || !hash || !scopes) return std::nullopt;
  KeyRecord out;
  out.id = *id;
  out.name = *name;
  if (!crypto::hex_decode_to(*hash, out.hash)) return std::nullopt;
  auto grants = rpc::parse_scopes(*scopes);
  if (!grants) return std::nullopt;
  out.grants = std::move(*grants);
  const auto accounts = json.value("accounts", Json());
  if (!accounts.is_array()) return std::nullopt;  // absent would mean all of them
  for (const Json& account : accounts) {
    if (!account.is_number_unsigned()) return std::nullopt;
    const auto value = account.get<std::uint64_t>();
    if (value == 0 || value > UINT32_MAX) return std::nullopt;
    out.grants.accounts.emplace_back(static_cast<base::AccountId::rep>(value));
  }
  const auto created = json.value("created", Json());
  if (created.is_number_integer()) out.created = created.get<base::UnixMillis>();
  if (!json.contains("expires")) return std::nullopt;
  if (json["expires"].is_number_integer()) {
    out.expires = json["expires"].get<base::UnixMillis>();
  } else if (!json["expires"].is_null()) {
    return std::nullopt;
  }
  return out;
}

Result<> write_all(const Fd& fd, std::string_view text, const std::string& where) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return base::fail_write(where, errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<> replace(const fs::path& path, const Fd& folder, const std::vector<KeyRecord>& records) {
  Json keys = Json::array();
  for (const KeyRecord& record : records) keys.push_back(to_json(record));
  const Json file{{"version", kVersion}, {"keys", std::move(keys)}};
  const std::string text = file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string beside = path.string() + ".new";
  ::unlink(beside.c_str());  // of a writer that died; we hold the lock
  const Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return base::fail_errno(Errc::io, "write " + beside, errno);
  auto written = write_all(fd, text, "write " + beside);
  // Run by root beside a daemon of another user, who must be able to read it.
  struct stat owner {};
  if (written && ::geteuid() == 0 &&
      (::stat(path.c_str(), &owner) == 0 || ::fstat(folder.get(), &owner) == 0) &&
      ::fchown(fd.get(), owner.st_uid, owner.st_gid) != 0) {
    written = base::fail_errno(Errc::io, "give " + beside + " to the daemon's user", errno);
  }
  if (written && ::fsync(fd.get()) != 0) {
    written = base::fail_errno(Errc::io, "write " + beside, errno);
  }
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) {
    written = base::fail_errno(Errc::io, "replace " + path.string(), errno);
  }
  if (!written) {
    ::unlink(beside.c_str());
    return written;
  }
  if (::fsync(folder.get()) != 0) return base::fail_errno(Errc::io, "sync the folder", errno);
  return {};
}

}  // namespace

Result<std::vector<KeyRecord>> read_key_file(const fs::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::vector<KeyRecord>();
  if (!fd) return base::fail_errno(Errc::io, "the API key file " + path.string(), errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return damaged(path, "it is not a regular file");
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::forbidden,
                fmt::format("the API key file {} can be written by others, who could "
                            "add keys of their own: chmod 600 it",
                            path.string()));
  }
  EDGE_TRY(const std::string text, read_text(fd, path));
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("version", Json()) != kVersion || !json.contains("keys") ||
      !json["keys"].is_array()) {
    return damaged(path, "it is no key file of this version");
  }
  std::vector<KeyRecord> records;
  for (const Json& item : json["keys"]) {
    auto record = from_json(item);
    if (!record) return damaged(path, fmt::format("key {} in it is damaged", records.size() + 1));
    records.push_back(std::move(*record));
  }
  return records;
}

Result<> change_key_file(const fs::path& given,
                         const std::function<Result<bool>(std::vector<KeyRecord>&)>& change) {
  // A link is followed, so that it stays one.
  std::error_code absent;
  const fs::path real = fs::canonical(given, absent);
  const fs::path path = absent ? fs::absolute(given) : real;
  const Fd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return base::fail_errno(Errc::io, "the folder of the API key file " + path.string(), errno);
  }
  if (::flock(folder.get(), LOCK_EX) != 0) {
    return base::fail_errno(Errc::io, "lock the folder of " + path.string(), errno);
  }
  EDGE_TRY(auto records, read_key_file(path));
  EDGE_TRY(const bool changed, change(records));
  return changed ? replace(path, folder, records) : Result<>();
}

}  // namespace gateway
