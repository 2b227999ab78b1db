// Returns free heap memory to the system, which the allocator would keep otherwise.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"

namespace gateway {

// After the start, once everything is built; other threads may run. Free heap, and the pages of
// code and constants that loading, relocating and initialising 15 libraries touched (half of what
// an idle daemon would hold). They are clean pages of files: what is used again comes back from the
// page cache.
void trim_after_start();

// After much was freed: the heap keeps what was allocated in small pieces, such as values of JSON,
// for ever. Loop thread; the heap is trimmed on a worker.
class HeapTrimmer {
 public:
  static constexpr std::size_t kMuch = 1024 * 1024;

  HeapTrimmer(EventLoop& loop, WorkerPool& workers);
  // Bytes that were or will shortly be freed. After kMuch of them the heap is trimmed a second
  // later, when related objects have been freed as well.
  void freed(std::size_t bytes);

 private:
  static constexpr base::Millis kAfter = 1'000;
  WorkerPool& workers_;
  std::size_t freed_ = 0;
  Timer timer_;
};

}  // namespace gateway
