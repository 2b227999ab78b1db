// One body under way: its calls run in order, and the answer goes out when the last is done. Each
// call is built when its turn comes and destroyed when it was run.
//
// A read that comes after writes of the same batch waits until they are committed, so that it sees
// them; writes do not wait for each other and share commits. No thread waits: the run stops there
// and is continued by the last write's answer, through the executor. A batch gives its thread back
// after some milliseconds as well, and continues in its caller's next turn.
//
// Once the caller's connection has closed no further call begins, and the body is freed.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/cancellation.h"
#include "base/mutex.h"
#include "rpc/context.h"
#include "rpc/executor.h"
#include "rpc/large_calls.h"
#include "rpc/method.h"
#include "rpc/request.h"

namespace rpc {

// What the unfinished batches of one Service hold together, in bytes. Outlives every Run.
struct HeldAnswers {
  std::size_t most = 128 * 1024 * 1024;  // with more, batches get errors instead of answers
  std::atomic<std::size_t> bytes{0};
};

// What the Runs of one Service share. Outlives every Run.
struct RunShared {
  std::function<Context(const Caller&)> context;
  const MethodTable* table = nullptr;
  CallObserver* observer = nullptr;  // may be null
  Executor executor;
  std::shared_ptr<LargeCalls> large;
  std::shared_ptr<HeldAnswers> held = std::make_shared<HeldAnswers>();
  // How long a batch keeps a thread; nothing: to its end.
  std::optional<std::chrono::milliseconds> slice = std::nullopt;
};

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Requests requests, Caller caller, std::shared_ptr<const RunShared> shared, Answer answer);
  ~Run();
  void start() EXCLUDES(mutex_);

 private:
  using Turn = std::optional<LargeCalls::Turn>;
  // Continues where the run stopped, unless a thread is running it already.
  void proceed(Turn turn = std::nullopt) EXCLUDES(mutex_);
  bool has_turn(std::size_t index, Turn& turn) EXCLUDES(mutex_);
  bool begins() EXCLUDES(mutex_);
  // Runs current_, call number `index`; what it answers later comes to finish().
  void run_call(std::size_t index) EXCLUDES(mutex_);
  void finish(std::size_t index, Timing timing, std::string answer) EXCLUDES(mutex_);
  void refuse(std::size_t index, const RpcError& error) EXCLUDES(mutex_);
  // The connection closed: no further call begins.
  void abandon() EXCLUDES(mutex_);
  bool drop_rest() REQUIRES(mutex_);
  // Reports to the observer how a call ended.
  void note(std::size_t index, const Method* method, std::optional<Code> error) const;
  void send() EXCLUDES(mutex_);

  // Of one call: what is known once its turn came, and constant then; and its answer.
  struct Slot {
    std::string id;
    std::string answer;  // under the mutex
    std::chrono::steady_clock::time_point begun;
    bool notification = false;
  };

  const Caller caller_;
  const std::shared_ptr<const RunShared> shared_;
  const bool batch_;

  base::Mutex mutex_;
  // These two: of the thread in proceed(), or under the mutex while there is none.
  std::unique_ptr<const Requests> requests_;  // null once all have begun, or none will any more
  std::unique_ptr<Request> current_;          // call number next_, built and not begun
  std::vector<Slot> slots_;
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::size_t open_ GUARDED_BY(mutex_);  // calls without an answer
  std::size_t open_commits_ GUARDED_BY(mutex_) = 0;
  std::size_t answer_bytes_ GUARDED_BY(mutex_) = 0;
  bool running_ GUARDED_BY(mutex_) = false;    // a thread is in proceed()
  std::shared_ptr<base::LeasedItems> leased_;  // of the calls that wait for news
  std::atomic<bool> wait_ended_ = false;       // see Reply
  base::Lease taken_;                          // of the same
  Answer answer_;
  base::Cancellation::Hook closed_;
};

// The text of a call's answer; dropped for notifications.
std::string call_answer(const std::string& id, bool notification, base::Result<std::string> result);

}  // namespace rpc
