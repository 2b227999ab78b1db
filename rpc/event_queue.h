// EventQueue: the queue behind get_next_event and get_next_event_batch. One for the whole daemon,
// in memory, destructive and shared: two readers split the stream, as in Delta Chat. (The gateway's
// event stream is durable and shows everything to everybody; this queue is for existing clients.)
// It leaves out kinds that Delta Chat does not have, whose names begin with Privitty, and
// PinnedMessagesChanged: its clients stop at a kind that they do not know.
//
// Bounded to 10,000 events: the oldest are dropped, and the next reader gets their number in an
// EventChannelOverflow. A reader that finds no event is parked: no thread, under 1 KiB each, with
// places of rpc/parking.h. It is dropped when its caller's input ends, and takes no event then.
//
// Events whose answer did not reach its caller (base/lease.h) return to their places.
//
// Safe from any thread. push() is called after commits and answers parked readers through the
// executor given, never while a lock is held.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/completion.h"
#include "base/lease.h"
#include "base/mutex.h"
#include "messaging/model/events.h"
#include "rpc/dispatcher.h"
#include "rpc/executor.h"
#include "rpc/parking.h"

namespace rpc {

class EventQueue {
 public:
  static constexpr std::size_t kMaxEvents = 10'000;
  static constexpr std::size_t kMaxBatch = 101;
  static constexpr std::size_t kMaxParked = Parking::kMost;

  // Events as JSON text, one at least; with an error when shutting down or too many are parked.
  using Reader = base::Completion<std::vector<std::string>>;
  // Finds the chat with a contact; called when an event is read.
  using FindChat = std::function<base::ChatId(base::AccountId, base::ContactId)>;

  EventQueue(Executor executor, FindChat find_chat)
      : executor_(std::move(executor)), find_chat_(std::move(find_chat)) {}
  ~EventQueue() {  // answers under way may outlive it
    const base::Lock lock(home_->mutex);
    home_->queue = nullptr;
  }

  void push(std::span<const messaging::Event> events) EXCLUDES(mutex_);
  // An account was removed: of its events only AccountsChanged stays.
  void forget(base::AccountId account) EXCLUDES(mutex_);
  // Takes up to `most` events, now or when there are some, and adds them to `leased`, which is not
  // null.
  void read(std::size_t most, const Caller& caller, std::shared_ptr<base::LeasedItems> leased,
            Reader reader) EXCLUDES(mutex_);
  // Answers everyone who waits; later reads are refused.
  void stop() EXCLUDES(mutex_);

  std::size_t parked() const EXCLUDES(mutex_);

 private:
  struct Parked {
    std::size_t most = 1;
    std::shared_ptr<const Access> access;
    std::shared_ptr<base::LeasedItems> leased;
    Reader reader;
    Parking::Place place;
    base::Cancellation::Hook hook = {};
  };
  using WaitNumber = std::uint64_t;
  struct Entry {
    std::uint64_t number = 0;  // in the order of push()
    messaging::Event event;
  };
  struct Taken {
    std::map<base::AccountId, std::uint64_t> dropped;
    std::vector<Entry> events;
    bool empty() const { return events.empty() && dropped.empty(); }
  };

  // For each account: how many events wait, and how many were dropped and not reported yet.
  struct Count {
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;
  };

  Taken take(std::size_t most, const Access& access) REQUIRES(mutex_);
  // Where events return to.
  struct Home {
    explicit Home(EventQueue* at) : queue(at) {}
    base::Mutex mutex;
    EventQueue* queue GUARDED_BY(mutex);
  };

  void drop_oldest() REQUIRES(mutex_);
  bool has_news(const Access& access) const REQUIRES(mutex_);
  void serve() EXCLUDES(mutex_);
  void answer_reader(Taken taken, base::LeasedItems& leased, Reader& reader) EXCLUDES(mutex_);
  void put_back(const Taken& taken) EXCLUDES(mutex_);
  void leave(WaitNumber number) EXCLUDES(mutex_);
  std::vector<std::string> encode(const Taken& taken) const;

  const Executor executor_;
  const FindChat find_chat_;
  const std::shared_ptr<Home> home_ = std::make_shared<Home>(this);
  mutable base::Mutex mutex_;
  Parking places_;
  std::deque<Entry> events_ GUARDED_BY(mutex_);  // by number
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
  std::map<WaitNumber, Parked> parked_ GUARDED_BY(mutex_);  // by when they came
  WaitNumber next_wait_ GUARDED_BY(mutex_) = 0;
  std::set<base::AccountId> forgotten_ GUARDED_BY(mutex_);  // recent
  std::map<base::AccountId, Count> counts_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rpc
