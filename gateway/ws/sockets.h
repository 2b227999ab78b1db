// WebSockets: all open WebSockets of the daemon (session.h). On the loop's thread, but for stats().
#pragma once

#include <memory>

#include "gateway/ws/session.h"

namespace gateway {

class RequestLimits;
class WorkerPool;

struct WebSocketStats {
  std::size_t open = 0;        // now
  std::uint64_t opened = 0;    // ever
  std::uint64_t received = 0;  // messages
  std::uint64_t sent = 0;      // messages: answers and events
};

class WebSockets {
 public:
  // All outlive this.
  WebSockets(EventLoop& loop, WorkerPool& workers, rpc::Dispatcher& dispatcher, Hub& hub,
             RequestLimits& limits);
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  // Takes a connection over whose handshake was answered.
  void open(StreamSocket socket, WebSocketOpening opening);
  void close_ended();  // those of keys that have ended
  // Answers what is under way, closes all, and calls `done` on the loop.
  void stop(base::UniqueFunction<void()> done);
  WebSocketStats stats() const;  // any thread

 private:
  const std::unique_ptr<WebSocketContext> context_;
  bool stopping_ = false;
};

}  // namespace gateway
