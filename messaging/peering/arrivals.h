// Arrivals: the queue of deliveries to apply. Each party's deliveries keep their order; each write
// applies one slice of a delivery, so that other writes run in between. One party's deliveries
// delay another party by one slice, whatever their size and cost.
//
// The next slice queues behind the writes submitted meanwhile and shares their commit where
// possible. A delivery is answered once all its slices are committed; when one slice fails, all
// later ones fail. One delivery per party is under way at a time.
//
// Safe from any thread. Answers come on the writer's thread, or at once where nothing is accepted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/fair_queue.h"
#include "base/mutex.h"
#include "messaging/kernel/side_work.h"
#include "messaging/kernel/write_context.h"
#include "messaging/peering/delivery.h"

namespace messaging::peering {

// How a slice ended.
struct SliceEnd {
  enum class Kind : std::uint8_t {
    more,      // the next slice goes on
    walk,      // the delivery's chain walks run first, beside the writer
    later,     // the rest is deferred
    finished,  // all of it is applied
  };
  Kind kind = Kind::finished;
  base::Millis later = 0;
};

class Arrivals {
 public:
  // Applies some of a delivery's envelopes, from `at` on, at least one, for about this time. Runs
  // in the writer's transaction. If that transaction is undone the sender retransmits; the delivery
  // is not reset by itself.
  using Apply = std::function<base::Result<SliceEnd>(const kernel::WriteContext&, Delivery&,
                                                     std::chrono::microseconds)>;

  Arrivals(kernel::Core& core, Apply apply) : core_(core), apply_(std::move(apply)) {}

  void add(DeliveryPtr delivery);
  // Other work that is done between writes.
  kernel::SideWork& side() { return side_; }
  void stop() { side_.stop(); }

  std::uint64_t slices() const { return slices_; }              // writes
  std::uint64_t steps_beside() const { return steps_beside_; }  // of chains, not in a write

 private:
  void start_ready();
  std::chrono::microseconds time_of_slice();
  void submit(const DeliveryPtr& delivery);
  void slice_done(const DeliveryPtr& delivery, const SliceEnd& end);
  void walk(const DeliveryPtr& delivery);
  void finish(const DeliveryPtr& delivery, base::Result<Delivery::End> end);

  // Bounds on the slices queued at the writer: enough that deliveries of many parties share a
  // commit, and together no longer than a few milliseconds.
  static constexpr std::size_t kMostUnderWay = 64;
  static constexpr std::size_t kMostBytes = std::size_t{64} * 1024 * 1024;

  kernel::Core& core_;
  const Apply apply_;
  kernel::SideWork side_;
  std::atomic<std::uint64_t> slices_{0};
  std::atomic<std::uint64_t> steps_beside_{0};
  base::Mutex mutex_;
  base::FairQueue<std::string, DeliveryPtr> queue_ GUARDED_BY(mutex_){
      {.waiting = 1000, .waiting_each = 16, .under_way_each = 1}};
  std::size_t under_way_ GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  // of all deliveries
  bool starting_ GUARDED_BY(mutex_) = false;
};

}  // namespace messaging::peering
