// One body under way: its calls run in order, and the answer goes out when the last is done.
//
// A read that comes after writes of the same batch waits until they are committed, so that it sees
// them; writes do not wait for each other and share commits. No thread waits: the run stops there
// and is continued by the last write's answer, through the executor.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "rpc/context.h"
#include "rpc/event_queue.h"
#include "rpc/method.h"
#include "rpc/request.h"

namespace rpc {

// What the unfinished batches of one Service hold together, in bytes. Outlives every Run.
struct HeldAnswers {
  std::size_t most = 128 * 1024 * 1024;  // with more, batches get errors instead of answers
  std::atomic<std::size_t> bytes{0};
};

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Requests requests, Context context, Executor executor, std::shared_ptr<HeldAnswers> held,
      Answer answer);
  ~Run();
  void start() { proceed(); }

 private:
  void proceed() EXCLUDES(mutex_);
  // Runs call number `index`; what it answers later comes to finish().
  void run_call(std::size_t index) EXCLUDES(mutex_);
  void finish(std::size_t index, Timing timing, std::string answer) EXCLUDES(mutex_);
  void refuse(std::size_t index, const RpcError& error) EXCLUDES(mutex_);
  // Tells the observer how a call ended that had its turn.
  void note(std::size_t index, const Method* method, std::optional<Code> error) const;
  void send() EXCLUDES(mutex_);

  const Context context_;
  const Executor executor_;
  const std::shared_ptr<HeldAnswers> held_;
  const bool batch_;

  base::Mutex mutex_;
  std::vector<Request> calls_;  // a call is touched by the thread that runs it only
  std::vector<std::chrono::steady_clock::time_point> begun_;  // likewise; empty: nobody asks
  std::vector<std::string> answers_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::size_t open_ GUARDED_BY(mutex_);  // calls without an answer
  std::size_t open_commits_ GUARDED_BY(mutex_) = 0;
  std::size_t answer_bytes_ GUARDED_BY(mutex_) = 0;
  bool running_ GUARDED_BY(mutex_) = false;  // a thread is in proceed()
  Answer answer_;
};

// The text of a call's answer; for notifications it is thrown away.
std::string call_answer(const Request& call, base::Result<std::string> result);

}  // namespace rpc
