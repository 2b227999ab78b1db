// RelayStreams: the streams on which a relay pushes envelopes to the devices that hold them.
//
// One stream per mailbox; a newer one replaces it. Bytes sent and not acknowledged are bounded
// (kWindow per stream, kBuffered over all), so that neither a slow nor a silent device costs
// memory; after a reconnect they are sent again, in order. A ping every 25 s lets the device notice
// a dead link; a device that sends nothing for 150 s (it acknowledges, or pings by an empty
// acknowledgement) counts as gone. The stream of an owner whose admission was revoked ends within
// seconds, so that the device is informed.
//
// Threads: the loop's, but for what says otherwise. Mailboxes, loop and pool outlive it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/mutex.h"
#include "gateway/http/message.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/relay/frames.h"
#include "gateway/relay/mailboxes.h"

namespace gateway {

class RelayStreams {
 public:
  RelayStreams(EventLoop& loop, WorkerPool& workers, RelayMailboxes& mailboxes);
  ~RelayStreams();

  void attach(std::int64_t mailbox, StreamSocket socket);
  void stop();  // ends every stream with a goodbye

  // Any thread.
  void wake(std::int64_t mailbox);  // the mailbox has new envelopes
  void acknowledged(std::int64_t mailbox, std::vector<std::int64_t> ids);
  bool has(std::int64_t mailbox);
  std::size_t count();

 private:
  class Stream;
  using StreamPtr = std::shared_ptr<Stream>;
  static constexpr std::size_t kWindow = 4 * 1024 * 1024;
  static constexpr std::size_t kBuffered = 64 * 1024 * 1024;

  StreamPtr find(std::int64_t mailbox) const;
  void load(const StreamPtr& stream);
  void loaded(const StreamPtr& stream, base::Result<RelayMailboxes::Waiting> waiting);
  void advance(const StreamPtr& stream);
  void goodbye(const StreamPtr& stream, GoodbyeReason reason);
  void close(const StreamPtr& stream);
  void on_tick();
  void dismiss_revoked();

  EventLoop& loop_;
  WorkerPool& workers_;
  RelayMailboxes& mailboxes_;
  Timer tick_;
  std::map<std::int64_t, StreamPtr> streams_;
  std::set<std::int64_t> starved_;  // wait until others' bytes have left
  std::size_t buffered_ = 0;
  bool stopped_ = false;
  bool looking_for_revoked_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what was posted
  base::Mutex mutex_;
  std::set<std::int64_t> present_ GUARDED_BY(mutex_);
};

}  // namespace gateway
