#include "base/thread_start.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/support/catch.h"

namespace {

// What `ask` answers in a process of its own that may have no further memory, and so no thread: a
// limit of processes does not hold for root.
bool in_narrow_process(bool (*ask)()) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none{1, 1};
    const bool narrow = setrlimit(RLIMIT_AS, &none) == 0;
    _exit(narrow && ask() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

#if defined(__has_feature)
#define EDGE_HAS_FEATURE(name) __has_feature(name)
#else
#define EDGE_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    EDGE_HAS_FEATURE(address_sanitizer) || EDGE_HAS_FEATURE(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace

TEST_CASE("a thread runs, and one that the machine does not give is an answer and no exception") {
  bool ran = false;
  std::thread thread;
  REQUIRE(base::start_thread(thread, [&] { ran = true; }));
  thread.join();
  CHECK(ran);
  CHECK(base::no_thread().code == base::Errc::unavailable);
  if (kSanitized) return;  // their own memory would be refused as well
  CHECK(in_narrow_process([] {
    // The C library keeps the memory of threads that have ended for a few more.
    static std::array<std::thread, 64> threads;
    for (std::thread& each : threads) {
      if (!base::start_thread(each, [] { pause(); })) return !each.joinable();
    }
    return false;
  }));
}
