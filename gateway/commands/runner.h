// Runner: starts commands, cuts their output into lines and counts what is running.
//
// Output is read as fast as the watcher returns and is never kept here: memory stays the same
// however much a command writes, and a watcher that nobody reads from does not stop a command.
// A thread of its own (an event loop) does the work; start(), cancel() and the like are for any
// thread. Each run ends with exactly one on_end().
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/result.h"
#include "gateway/commands/launcher.h"
#include "gateway/commands/run_watcher.h"
#include "gateway/loop/event_loop.h"

namespace gateway::commands {

using RunNumber = std::uint64_t;  // of this process; never used twice

class Runner {
 public:
  static constexpr std::size_t kMaxInput = 1024 * 1024;  // bytes that wait to be read by a command

  // Both outlive this.
  static base::Result<std::unique_ptr<Runner>> make(Launcher& launcher, const base::Clock& clock);
  ~Runner();  // stop()
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Ends all runs, SIGTERM and SIGKILL after a second, and waits until they are over. start()
  // refuses from now on (a run that started at this very moment may end without an on_end()).
  void stop();
  void begin_stop();  // without the wait

  // How many runs there may be: of all commands, and of this one. Runs are counted by `row`.
  struct Place {
    std::string row;
    std::uint32_t at_once_all = 1;
  };
  // Errc::already_exists: this command runs as often as it may; Errc::exhausted: all commands do,
  // or the system has no room; else as Launcher::launch(). Then `watcher` is not called.
  base::Result<RunNumber> start(const RunSpec& spec, Place place,
                                std::unique_ptr<RunWatcher> watcher);
  // SIGTERM, and SIGKILL after the run's grace. False when it is over.
  bool cancel(RunNumber run);
  // Errc::not_found: no such run, or it takes no input; Errc::exhausted: kMaxInput wait already.
  base::Result<> write(RunNumber run, std::string bytes);
  base::Result<> close_input(RunNumber run);
  std::size_t running() const;
  // Calls back on the runner's thread. What is not due when the runner ends is dropped.
  void after(base::Millis wait, base::UniqueFunction<void()> call);

 private:
  class Run;
  Runner(Launcher& launcher, const base::Clock& clock, std::unique_ptr<EventLoop> loop);
  base::Result<> take_place(const RunSpec& spec, const Place& place);
  void leave_place(const std::string& row) REQUIRES(mutex_);
  void leave(RunNumber run);
  void note_written(RunNumber run, std::size_t bytes);
  void over(RunNumber run);
  void end_all();

  Launcher& launcher_;
  const base::Clock& clock_;
  const std::unique_ptr<EventLoop> loop_;
  std::map<RunNumber, std::unique_ptr<Run>> runs_;  // the loop's
  bool stopping_ = false;                           // the loop's

  struct Wait {
    base::UniqueFunction<void()> call;
    std::unique_ptr<Timer> timer;
  };
  std::list<Wait> waits_;  // the loop's, of after()

  // What is known of a run before the loop has it and after: enough for other threads.
  struct Known {
    std::string row;
    bool input = false;
    std::size_t waiting = 0;  // bytes of input
  };
  mutable base::Mutex mutex_;
  std::map<RunNumber, Known> known_ GUARDED_BY(mutex_);
  std::map<std::string, std::uint32_t> at_once_ GUARDED_BY(mutex_);  // by row
  std::uint32_t all_at_once_ GUARDED_BY(mutex_) = 0;
  RunNumber last_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace gateway::commands
