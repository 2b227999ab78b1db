// EventQueue: what get_next_event and get_next_event_batch read. One queue for the whole daemon, in
// memory, destructive and shared: two readers split the stream, as in Delta Chat (the event stream
// of the gateway is durable and shows everyone everything; this is for existing clients). Kinds
// that Delta Chat does not have, whose names begin with Privitty, are not in it: its clients end at
// a kind that they do not know.
//
// Bounded to 10,000 events: the oldest are dropped, and the next reader is told how many by an
// EventChannelOverflow. A reader that finds nothing is parked: no thread, under 1 KiB each, 10,000
// at most.
//
// Safe from any thread. push() is called after commits and answers parked readers through the
// executor given, never while a lock is held.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/completion.h"
#include "base/mutex.h"
#include "messaging/events.h"
#include "rpc/dispatcher.h"

namespace rpc {

// Runs a task soon, on any thread; the default runs it at once.
using Executor = std::function<void(base::UniqueFunction<void()>)>;

class EventQueue {
 public:
  static constexpr std::size_t kMaxEvents = 10'000;
  static constexpr std::size_t kMaxBatch = 101;
  static constexpr std::size_t kMaxParked = 10'000;

  // Events as JSON text, one at least; with an error when shutting down or too many are parked.
  using Reader = base::Completion<std::vector<std::string>>;
  // The chat with a contact, asked when an event is read.
  using FindChat = std::function<base::ChatId(base::AccountId, base::ContactId)>;

  EventQueue(Executor executor, FindChat find_chat)
      : executor_(std::move(executor)), find_chat_(std::move(find_chat)) {}

  void push(std::span<const messaging::Event> events) EXCLUDES(mutex_);
  // An account was removed: of its events only AccountsChanged is still told.
  void forget(base::AccountId account) EXCLUDES(mutex_);
  // Takes up to `most` events, now or when there are some.
  void read(std::size_t most, const Caller& caller, Reader reader) EXCLUDES(mutex_);
  // Answers everyone who waits; later reads are refused.
  void stop() EXCLUDES(mutex_);

  std::size_t parked() const EXCLUDES(mutex_);

 private:
  struct Parked {
    std::size_t most = 1;
    std::shared_ptr<const Access> access;
    std::shared_ptr<const std::atomic<bool>> gone;
    Reader reader;
    bool is_gone() const { return gone != nullptr && gone->load(std::memory_order_relaxed); }
  };
  struct Taken {
    std::uint64_t dropped = 0;
    std::vector<messaging::Event> events;
  };

  // What is kept of each account: how much waits, and how much was dropped and not told yet.
  struct Count {
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;
  };

  Taken take(std::size_t most, const Access& access) REQUIRES(mutex_);
  std::vector<Parked> sweep() REQUIRES(mutex_);
  bool has_news(const Access& access) const REQUIRES(mutex_);
  std::optional<std::size_t> next_served() const REQUIRES(mutex_);
  void serve() EXCLUDES(mutex_);
  std::vector<std::string> encode(const Taken& taken) const;

  const Executor executor_;
  const FindChat find_chat_;
  mutable base::Mutex mutex_;
  std::deque<messaging::Event> events_ GUARDED_BY(mutex_);
  std::deque<Parked> parked_ GUARDED_BY(mutex_);
  std::map<base::AccountId, Count> counts_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rpc
