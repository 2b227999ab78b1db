// A process of its own in which the machine gives no further thread.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#define EDGE_NARROW_FEATURE(name) __has_feature(name)
#else
#define EDGE_NARROW_FEATURE(name) 0
#endif

namespace test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    EDGE_NARROW_FEATURE(address_sanitizer) || EDGE_NARROW_FEATURE(thread_sanitizer)
inline constexpr bool kHasNarrowProcess = false;  // its own memory would be refused as well
#else
inline constexpr bool kHasNarrowProcess = true;
#endif

// How many threads `ask` has to want: the C library keeps the memory of threads that have ended for
// a few more.
inline constexpr int kThreadsUntilNone = 64;

// Whether `ask` answers true in a process that may have no further memory, and so no thread: a
// limit of processes does not hold for root.
inline bool in_narrow_process(bool (*ask)()) {
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

}  // namespace test
