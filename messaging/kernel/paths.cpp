#include "messaging/kernel/paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <filesystem>

#include "base/bytes.h"
#include "base/disk_error.h"
#include "crypto/random.h"

namespace messaging::kernel {
namespace {

using base::Errc;
using base::fail;

// The real path of a descriptor's file, whatever path was given.
base::Result<std::string> real_path_of(int fd, const std::string& asked) {
  char buffer[PATH_MAX + 1];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), buffer, PATH_MAX);
  if (size < 0) return base::fail_errno(Errc::io, "cannot resolve " + asked, errno);
  return std::string(buffer, static_cast<std::size_t>(size));
}

base::Error already_there(const std::string& path) {
  return fail(Errc::already_exists, path + " exists already; nothing was written");
}

bool lies_below(const std::string& path, const std::string& folder) {
  if (folder.empty()) return false;
  std::error_code error;
  std::string root = std::filesystem::weakly_canonical(folder, error).string();
  if (error) return false;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return path == root || root == "/" ||
         (path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/');
}

base::Result<> check_text(const std::string& path) {
  if (path.empty()) return fail(Errc::invalid_argument, "the path is empty");
  if (path.find('\0') != std::string::npos || path.size() >= PATH_MAX) {
    return fail(Errc::invalid_argument, "the path holds a NUL byte or is too long");
  }
  if (path[0] != '/') {
    return fail(Errc::invalid_argument,
                "the path " + path + " is not absolute; the daemon has its own working folder");
  }
  return {};
}

}  // namespace

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string CallerPaths::whole(const std::string& path) const {
  const bool relative = !path.empty() && path[0] != '/';
  return relative && !rules_.working_folder.empty() ? rules_.working_folder + "/" + path : path;
}

base::Result<> CallerPaths::judge(int fd, const std::string& path) const {
  EDGE_TRY(const std::string real, real_path_of(fd, path));
  for (const char* folder : {"/proc", "/sys", "/dev"}) {
    if (lies_below(real, folder)) {
      return fail(Errc::forbidden, path + " lies in " + folder + ", where callers have no files");
    }
  }
  const bool sticker = lies_below(real, stickers_dir(rules_.accounts_dir));
  if (!sticker && lies_below(real, rules_.accounts_dir)) {
    return fail(Errc::forbidden, path + " lies inside the accounts directory");
  }
  for (const std::string& secret : rules_.protected_files) {
    struct stat theirs {};
    struct stat ours {};
    if (stat(secret.c_str(), &ours) == 0 && fstat(fd, &theirs) == 0 &&
        ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
      return fail(Errc::forbidden, path + " is one of the daemon's own files");
    }
  }
  if (!rules_.restricted || sticker) return {};
  for (const std::string& root : rules_.roots) {
    if (lies_below(real, root)) return {};
  }
  return fail(Errc::forbidden,
              rules_.roots.empty()
                  ? path +
                        " is out of reach: with --api-keys or --allow-anonymous a daemon opens "
                        "callers' paths only below folders that it is started with: --files DIR"
                  : path +
                        " lies below none of the folders given with --files: name one there, or "
                        "start the daemon with a further --files DIR");
}

// The file is checked through an O_PATH descriptor and opened through that descriptor: the same
// file, even if the path leads elsewhere by then. A refused file is never opened for reading:
// closing any ordinary descriptor of the database would drop SQLite's POSIX locks on it
// (sqlite.org, "How To Corrupt An SQLite Database File", 2.2), and opening a pipe or device can do
// things by itself.
base::Result<OpenFile> CallerPaths::open_to_read(const std::string& given) const {
  const std::string path = whole(given);
  EDGE_CHECK(check_text(path));
  const OpenFile place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.fd() < 0) {
    return base::fail_errno(errno == ENOENT ? Errc::not_found : Errc::forbidden,
                            "cannot open " + path, errno);
  }
  struct stat info {};
  if (fstat(place.fd(), &info) != 0) {
    return base::fail_errno(Errc::io, "cannot read " + path, errno);
  }
  EDGE_CHECK(judge(place.fd(), path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::forbidden, path + " is not a regular file");
  // A user who may write below --files could hard-link a file from elsewhere into it.
  if (rules_.restricted && info.st_nlink > 1) {
    return fail(Errc::forbidden, path +
                                     " has other names too (hard links), and where those lie "
                                     "cannot be known; copy it to a file of its own");
  }
  const std::string link = "/proc/self/fd/" + std::to_string(place.fd());
  OpenFile file(::open(link.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) return base::fail_errno(Errc::forbidden, "cannot open " + path, errno);
  return file;
}

base::Result<std::optional<std::string>> CallerPaths::real_folder(const std::string& given) const {
  const std::string path = whole(given);
  EDGE_CHECK(check_text(path));
  const OpenFile folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0) return std::optional<std::string>();
  EDGE_CHECK(judge(folder.fd(), path));
  EDGE_TRY(std::string real, real_path_of(folder.fd(), path));
  return std::optional(std::move(real));
}

// The folder is opened and checked first; the file is then created relative to that descriptor, so
// that a link swapped in between cannot lead elsewhere.
base::Result<NewFile> CallerPaths::create(const std::string& given) const {
  const std::string path = whole(given);
  EDGE_CHECK(check_text(path));
  const std::filesystem::path asked(path);
  const std::string name = asked.filename().string();
  if (name.empty() || name == "." || name == "..") {
    return fail(Errc::invalid_argument, "the path " + path + " names no file");
  }
  OpenFile folder(::open(asked.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0) {
    return base::fail_errno(errno == ENOENT ? Errc::not_found : Errc::forbidden,
                            "cannot open the folder of " + path, errno);
  }
  EDGE_CHECK(judge(folder.fd(), path));
  struct stat there {};
  if (fstatat(folder.fd(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
    return already_there(path);
  }
  // Unnamed where the file system supports it: then a crash leaves no file.
  OpenFile unnamed(::openat(folder.fd(), ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
  if (unnamed.fd() >= 0) return NewFile(std::move(folder), std::move(unnamed), "", path);
  // With a random name, not the given one and a suffix: a name of 255 bytes has no room for one.
  std::string temporary = ".privitty-" + base::to_hex(crypto::random_array<12>()) + ".part";
  OpenFile file(::openat(folder.fd(), temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.fd() < 0) return base::fail_errno(Errc::forbidden, "cannot make " + path, errno);
  return NewFile(std::move(folder), std::move(file), std::move(temporary), path);
}

NewFile::NewFile(OpenFile folder, OpenFile file, std::string temporary, std::string path)
    : folder_(std::move(folder)),
      file_(std::move(file)),
      temporary_(std::move(temporary)),
      path_(std::move(path)) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlinkat(folder_.fd(), temporary_.c_str(), 0);
}

base::Result<> NewFile::commit() {
  if (::fsync(file_.fd()) != 0) {
    return base::fail_write("sync " + path_, errno);
  }
  const std::string name = std::filesystem::path(path_).filename();
  int done = 0;
  if (temporary_.empty()) {
    const std::string link = "/proc/self/fd/" + std::to_string(file_.fd());
    done = ::linkat(AT_FDCWD, link.c_str(), folder_.fd(), name.c_str(), AT_SYMLINK_FOLLOW);
  } else {
    done =
        ::renameat2(folder_.fd(), temporary_.c_str(), folder_.fd(), name.c_str(), RENAME_NOREPLACE);
    if (done != 0 && (errno == EINVAL || errno == ENOSYS)) {  // some file systems cannot
      done = ::linkat(folder_.fd(), temporary_.c_str(), folder_.fd(), name.c_str(), 0);
      if (done == 0) ::unlinkat(folder_.fd(), temporary_.c_str(), 0);
    }
  }
  if (done != 0) {
    if (errno == EEXIST) return already_there(path_);
    return base::fail_errno(Errc::io, "cannot make " + path_, errno);
  }
  temporary_.clear();
  if (::fsync(folder_.fd()) != 0) {
    return base::fail_errno(Errc::io, "sync the folder of " + path_, errno);
  }
  return {};
}

}  // namespace messaging::kernel
