// LinkArrivals: envelopes that a relay sent, queued for messaging, and the ids of those that are
// stored and not acknowledged yet. One batch is with messaging at a time, so that envelopes are
// applied in order.
//
// Ids survive a connection: even where streams end at once, some envelopes are completed each time.
// Loop thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/relay/frames.h"
#include "messaging/peering/relayed.h"

namespace gateway {

class LinkArrivals {
 public:
  // Called after each batch with the number of the connection that it came on.
  using BatchDone = std::function<void(bool stored, std::uint64_t connection)>;

  LinkArrivals(EventLoop& loop, WorkerPool& workers, messaging::peering::Relayed& relayed,
               base::AccountId account, BatchDone batch_done);
  ~LinkArrivals();  // `batch_done` is not called any more
  LinkArrivals(const LinkArrivals&) = delete;
  LinkArrivals& operator=(const LinkArrivals&) = delete;

  void add(EnvelopeFrame frame);
  bool full() const;  // more than a relay's window waits
  bool idle() const { return queue_.empty() && !passing_; }
  // The connection ended: envelopes that wait come again. The batch under way is finished.
  void clear();

  // Passes the next batch to messaging, unless one is under way. False: too much work waits here.
  bool pass_on(std::uint64_t connection);

  bool has_acks() const { return !stored_.empty(); }
  std::vector<std::int64_t> take_acks();  // the oldest, at most kMaxAcks

 private:
  void batch_ended(std::vector<std::int64_t> ids, bool stored, std::uint64_t connection);

  EventLoop& loop_;
  WorkerPool& workers_;
  messaging::peering::Relayed& relayed_;
  const base::AccountId account_;
  const BatchDone batch_done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
  std::deque<EnvelopeFrame> queue_;
  std::size_t bytes_ = 0;  // of the queue
  bool passing_ = false;
  std::vector<std::int64_t> stored_;  // ids to acknowledge
};

}  // namespace gateway
