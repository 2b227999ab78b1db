// Fd: one file descriptor, owned. Move-only; closes on destruction.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <utility>

namespace gateway {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// Raises the soft limit of open files to the hard one and says what it is now: thousands of streams
// are thousands of descriptors, and the usual soft limit is 1,024.
std::size_t raise_fd_limit();

}  // namespace gateway
