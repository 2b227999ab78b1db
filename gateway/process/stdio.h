// Stdio: JSON-RPC over two descriptors, one object a line, as Delta Chat's own server speaks it.
//
// Threads: one reads and calls the dispatcher; answers come from any thread, which never waits: it
// writes a short one itself while the pipe has room and nothing is before it, and leaves others to
// a writing thread. Once 64 MiB of answers wait to be read, no further line is read. A line over 16
// MiB is answered with an error and skipped. When the input ends, parked calls end without an
// answer, as with Delta Chat's server; leased items of answers that could not be written are
// returned.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/function.h"
#include "base/mutex.h"
#include "gateway/loop/fd.h"
#include "rpc/dispatcher.h"

namespace gateway {

struct StdioOptions {
  bool restricted_paths = false;    // see rpc::Caller
  rpc::FileShelf* files = nullptr;  // likewise
};

class Stdio {
 public:
  // The dispatcher outlives this; the descriptors are not owned. `ended` is called once, from a
  // thread of Stdio's: the input ended or the reader of the output closed it.
  Stdio(rpc::Dispatcher& dispatcher, StdioOptions options, int in, int out,
        base::UniqueFunction<void()> ended);
  ~Stdio();  // finish()
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  // Reads no more, writes what was answered so far and joins. Output that is not read is given up
  // after a second.
  void finish();
  // Whether output could not be written, so that answers are lost. After finish().
  bool lost_output() const { return lost_output_; }

 private:
  void read() EXCLUDES(mutex_);
  void write() EXCLUDES(mutex_);
  void take(std::string_view bytes) EXCLUDES(mutex_);
  void call(std::string_view line) EXCLUDES(mutex_);
  void end();

  rpc::Dispatcher& dispatcher_;
  base::CancelSource closed_;       // the output was closed
  base::CancelSource input_ended_;  // no line comes any more
  const rpc::Caller caller_;
  const int in_;
  const int out_;
  base::UniqueFunction<void()> ended_;
  std::atomic<bool> reported_end_{false};
  std::atomic<bool> lost_output_{false};
  Fd wake_;  // an eventfd that ends the reader's wait
  std::string line_;
  bool skipping_ = false;  // the rest of a line that was too long

  // Shared with answers that may outlive this object.
  struct Out {
    explicit Out(int descriptor);
    void put(rpc::Reply reply) EXCLUDES(mutex);
    bool write_now(std::string_view line) REQUIRES(mutex);
    std::size_t room() const;

    const int fd;
    const std::size_t pipe_size;  // 0: it is no pipe
    base::Mutex mutex;
    base::Condition changed;
    std::deque<rpc::Reply> lines GUARDED_BY(mutex);
    std::size_t bytes GUARDED_BY(mutex) = 0;
    bool writing GUARDED_BY(mutex) = false;  // the thread is, right now
    bool closed GUARDED_BY(mutex) = false;   // the output was closed
    bool finishing GUARDED_BY(mutex) = false;
  };
  const std::shared_ptr<Out> shared_;
  base::Mutex mutex_;
  bool finished_ GUARDED_BY(mutex_) = false;
  std::thread reader_;
  std::thread writer_;
};

}  // namespace gateway
