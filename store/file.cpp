#include "store/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/disk_error.h"

namespace store {
namespace {

base::Error io_error(std::string_view what, const std::string& path, int error) {
  const std::string where = std::string(what) + " " + path;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return base::fail_write(where, error);
  return base::fail_errno(error == ENOENT   ? base::Errc::not_found
                          : error == EEXIST ? base::Errc::already_exists
                                            : base::Errc::io,
                          where, error);
}

}  // namespace

base::Result<File> File::open(const std::string& path, Mode mode) {
  int flags = O_CLOEXEC | (mode == Mode::read_following ? 0 : O_NOFOLLOW);
  switch (mode) {
    case Mode::read_following:
    case Mode::read:
      flags |= O_RDONLY | O_NONBLOCK;
      break;  // a FIFO must not hang us
    case Mode::read_write:
      flags |= O_RDWR | O_NONBLOCK;
      break;
    case Mode::create_new:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
  }
  const int fd = ::open(path.c_str(), flags, 0600);
  if (fd < 0) return io_error("open", path, errno);
  File out(fd, path);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return io_error("look at", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return base::fail(base::Errc::invalid_argument, path + " is not a regular file");
  }
  return out;
}

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<std::uint64_t> File::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return io_error("look at", path_, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

base::Result<std::size_t> File::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

base::Result<> File::write_at(std::uint64_t offset, base::ByteView bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io_error("write", path_, errno);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

base::Result<> File::sync() {
  if (::fdatasync(fd_) != 0) return io_error("sync", path_, errno);
  return {};
}

namespace {

base::Result<> sync_by(int (*call)(int), const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error("open", folder, errno);
  const int result = call(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0) return io_error("sync", folder, error);
  return {};
}

}  // namespace

base::Result<> sync_dir(const std::string& path) { return sync_by(::fsync, path); }

base::Result<> sync_file_system(const std::string& folder) { return sync_by(::syncfs, folder); }

base::Result<> sync_parent(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return sync_dir(parent.empty() ? "." : parent);
}

base::Result<bool> make_unsynced_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) return io_error("make the folder", path, errno);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return io_error("look at", path, errno);
  if (S_ISDIR(info.st_mode)) return false;
  return base::fail(base::Errc::invalid_argument, path + " is not a folder");
}

base::Result<> make_dir(const std::string& path) {
  EDGE_TRY(const bool is_new, make_unsynced_dir(path));
  return is_new ? sync_parent(path) : base::Result<>();
}

}  // namespace store
