// Preloaded into a daemon under test: its wall clock is off by the milliseconds in the file that
// EDGE_TEST_CLOCK names (eight bytes, this machine's order), which the test changes as it likes.
// The boot clock is left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* offset() {
  static const volatile std::int64_t* const mapped = [] {
    const char* path = std::getenv("EDGE_TEST_CLOCK");
    const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void* at = fd < 0 ? MAP_FAILED : mmap(nullptr, 8, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(at);
  }();
  return mapped;
}

}  // namespace

extern "C" int clock_gettime(clockid_t id, timespec* out) noexcept {
  using Real = int (*)(clockid_t, timespec*);
  static const Real real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(id, out);
  if (result == 0 && id == CLOCK_REALTIME && offset() != nullptr) {
    out->tv_sec += static_cast<time_t>(*offset() / 1000);
  }
  return result;
}
