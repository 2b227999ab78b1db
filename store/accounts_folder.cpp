#include "store/accounts_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <variant>

#include "store/file.h"

namespace store {
namespace {

// Names that this program or an administrator puts into an accounts folder before there is a
// store.
bool may_precede_store(std::string_view name, const std::vector<std::string>& expected) {
  static constexpr std::array<std::string_view, 10> kOwn = {
      "lock",         "reserve",           "blobs",     "privitty.lic",
      "commands",     "lost+found",        "peer_port", "device_fingerprint",
      "stdio_folder", "license_state.json"};
  for (const std::string_view own : kOwn) {
    if (name == own) return true;
  }
  return name.starts_with("store.db") || name.starts_with("relay.db") ||
         name.starts_with("master.key") ||
         std::find(expected.begin(), expected.end(), name) != expected.end();
}

}  // namespace

base::Result<bool> prepare_folder(const std::string& dir) {
  if (dir.empty()) {
    return base::fail(base::Errc::invalid_argument, "no accounts folder is named; use --accounts");
  }
  const auto refuse = [&](std::string_view why) -> base::Result<bool> {
    return base::fail(base::Errc::io, "the accounts folder " + dir + " cannot be used: " +
                                          std::string(why) + "; choose another with --accounts");
  };
  struct stat info {};
  if (::stat(dir.c_str(), &info) != 0) {
    if (errno != ENOENT) return refuse(base::fail_errno(base::Errc::io, "look", errno).message);
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(dir).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (error) return refuse(error.message());
    auto made = make_unsynced_dir(dir);
    return made ? std::move(made) : refuse(made.error().message);
  }
  if (!S_ISDIR(info.st_mode)) return refuse("it is not a directory");
  if (::access(dir.c_str(), R_OK | W_OK | X_OK) != 0) {
    return refuse(base::fail_errno(base::Errc::io, "reading and writing it", errno).message);
  }
  return false;
}

base::Result<> refuse_foreign(const StoreOptions& options) {
  std::error_code error;
  if (std::filesystem::exists(options.dir + "/store.db", error)) return {};
  std::vector<std::string> expected = options.expected_names;
  const std::filesystem::path key =
      std::visit([](const auto& source) { return source.path; }, options.key);
  if (key.parent_path() == std::filesystem::path(options.dir)) {
    expected.push_back(key.filename().string());
  }
  for (const auto& entry : std::filesystem::directory_iterator(options.dir, error)) {
    const std::string name = entry.path().filename().string();
    if (may_precede_store(name, expected)) continue;
    return base::fail(base::Errc::io,
                      "the directory " + options.dir + " is not empty and no accounts folder: it " +
                          "holds " + name + " and no store.db; choose another with --accounts");
  }
  return {};
}

}  // namespace store
