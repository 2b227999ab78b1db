// Preloaded into a daemon under test: whatever it writes to a file is searched for the bytes that
// EDGE_TEST_NEEDLE names, and the paths of files that got some are appended to EDGE_TEST_FOUND.
// Each write is searched by itself, so that the needle has to repeat within one; what is written to
// sockets and pipes passes. Files mapped for writing are not seen: the daemon has none but SQLite's
// index of its log (store.db-shm).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

void note(int fd) {
  const char* list = std::getenv("EDGE_TEST_FOUND");
  if (list == nullptr) return;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  char path[4096];
  const ssize_t size = readlink(link.c_str(), path, sizeof path - 1);
  const int out = open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) return;
  path[size < 0 ? 0 : size] = '\n';
  static const auto put = real<ssize_t(int, const void*, size_t)>("write");
  (void)!put(out, path, static_cast<size_t>(size < 0 ? 0 : size) + 1);
  close(out);
}

void look(int fd, const void* bytes, size_t size) {
  static const char* const needle = std::getenv("EDGE_TEST_NEEDLE");
  if (needle == nullptr || memmem(bytes, size, needle, std::strlen(needle)) == nullptr) return;
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) note(fd);
}

void look(int fd, const iovec* parts, int count) {
  for (int i = 0; i < count; ++i) look(fd, parts[i].iov_base, parts[i].iov_len);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto next = real<ssize_t(int, const void*, size_t)>("write");
  look(fd, bytes, size);
  return next(fd, bytes, size);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  look(fd, bytes, size);
  return next(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  static const auto next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  look(fd, bytes, size);
  return next(fd, bytes, size, at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static const auto next = real<ssize_t(int, const iovec*, int)>("writev");
  look(fd, parts, count);
  return next(fd, parts, count);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  static const auto next = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  look(fd, parts, count);
  return next(fd, parts, count, at);
}

}  // extern "C"
