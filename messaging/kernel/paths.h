// Callers' paths: checked once, on the open descriptor (decision 24).
//
// Resists: a page or script that talks the daemon into reading its own keys, a symbolic link
// swapped between check and use, a device or pipe that never ends, and overwriting through a link.
// Only regular files are read; no file inside the accounts directory (Files handles blob paths from
// answers) but for plain files that lie there for callers, the stickers, none of the protected
// files, and none in /proc, /sys or /dev. When `roots` is not empty, only files below one of them.
// New files have mode 0600 and replace no file.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace messaging::kernel {

// Below the accounts directory: plain files for callers (messaging/api/stickers.h).
inline std::string stickers_dir(const std::string& accounts_dir) {
  return accounts_dir + "/stickers";
}

struct CallerPathRules {
  std::string accounts_dir;
  // Keys, API keys, license, configuration, and the database itself: compared by inode, so that no
  // other link leads to them.
  std::vector<std::string> protected_files;
  bool restricted = false;         // with keys or --allow-anonymous
  std::vector<std::string> roots;  // --files; used when restricted
  // Relative paths begin here; "": they are refused.
  std::string working_folder = {};
};

// An open descriptor, closed by the destructor.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();
  int fd() const { return fd_; }

 private:
  int fd_;
};

// A file that appears under its name only when it is complete. If it is dropped before commit(),
// nothing remains; after a crash neither, where the file system supports that.
class NewFile {
 public:
  NewFile(OpenFile folder, OpenFile file, std::string temporary, std::string path);
  NewFile(NewFile&& other) noexcept
      : folder_(std::move(other.folder_)),
        file_(std::move(other.file_)),
        temporary_(std::exchange(other.temporary_, {})),
        path_(std::move(other.path_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();
  int fd() const { return file_.fd(); }
  // Syncs the file, links it under its name and syncs the folder. Errc::already_exists when the
  // name is taken by now.
  base::Result<> commit();

 private:
  OpenFile folder_;
  OpenFile file_;
  std::string temporary_;  // the name until then; "": none, or the final one
  std::string path_;
};

class CallerPaths {
 public:
  explicit CallerPaths(CallerPathRules rules) : rules_(std::move(rules)) {}
  base::Result<OpenFile> open_to_read(const std::string& path) const;
  // The real path of a folder that callers may write into; nothing when the path leads to none.
  base::Result<std::optional<std::string>> real_folder(const std::string& path) const;
  // Refused at once when the name is taken.
  base::Result<NewFile> create(const std::string& path) const;

 private:
  std::string whole(const std::string& path) const;
  base::Result<> judge(int fd, const std::string& path) const;
  CallerPathRules rules_;
};

}  // namespace messaging::kernel
