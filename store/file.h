// File: an owned file descriptor and the few calls the store needs, each with its error named by
// path. Errc::exhausted when the disk is full, Errc::not_found, Errc::io otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace store {

class File {
 public:
  // create_new is O_EXCL, mode 0600. None goes through a link but read_following, for what the
  // operator named (secrets in containers are links).
  enum class Mode { read, read_following, read_write, create_new };

  // Errc::invalid_argument for anything but a regular file.
  static base::Result<File> open(const std::string& path, Mode mode);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  base::Result<std::uint64_t> size() const;
  // Reads up to out.size() bytes; fewer only at the end of the file.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const;
  base::Result<> write_at(std::uint64_t offset, base::ByteView bytes);
  base::Result<> sync();  // fdatasync
  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

 private:
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

// Makes a folder of mode 0700 unless it is there; its parent is synced.
base::Result<> make_dir(const std::string& path);
// The same; its parent is still to be synced where it is new, which is the answer.
base::Result<bool> make_unsynced_dir(const std::string& path);
base::Result<> sync_parent(const std::string& path);
base::Result<> sync_dir(const std::string& path);
// All that was written to the file system that the folder is on, by whomever.
base::Result<> sync_file_system(const std::string& folder);

}  // namespace store
