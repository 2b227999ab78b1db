// Exchange: the link between a request under way and its connection. Either may end first: the
// connection clears the link when it closes, and later answers are dropped. Owns the signals that
// cancel the request's work.
#pragma once

#include <atomic>
#include <memory>

#include "base/cancellation.h"
#include "base/function.h"
#include "base/mutex.h"
#include "gateway/http/message.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

class Connection;

// The way to the loop for those who may outlive the server.
class Gate {
 public:
  explicit Gate(EventLoop& loop) : loop_(&loop) {}
  // Runs `work` on the loop: at once when called there. Dropped after close().
  void run(base::UniqueFunction<void()> work);
  void close();
  bool is_open();

 private:
  base::Mutex mutex_;
  EventLoop* loop_ GUARDED_BY(mutex_);
};

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Gate> gate, Connection& connection)
      : gate_(std::move(gate)), connection_(&connection) {}

  void answer(Response response);  // any thread; the first one counts
  bool answered() const { return answered_.load(std::memory_order_acquire); }
  bool gone() const { return gone_.load(std::memory_order_acquire); }
  // Runs `work` with the connection on the loop, if it is still there then.
  void with_connection(base::UniqueFunction<void(Connection&)> work);
  // Answered, or the connection closed: a further answer is dropped. Loop thread.
  void unlink() {
    connection_ = nullptr;
    gone_.store(true, std::memory_order_release);
    closed_.cancel();
    input_ended_.cancel();
  }
  // The client sends nothing more, and may be gone. Loop thread.
  void end_input() { input_ended_.cancel(); }
  base::Cancellation closed() const { return closed_.token(); }
  base::Cancellation input_ended() const { return input_ended_.token(); }

 private:
  std::shared_ptr<Gate> gate_;
  Connection* connection_;  // loop thread only
  std::atomic<bool> answered_{false};
  std::atomic<bool> gone_{false};
  base::CancelSource closed_;
  base::CancelSource input_ended_;
};

}  // namespace gateway
