#include "gateway/commands/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/commands/running.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::Result;

}  // namespace

Runner::Runner(Launcher& launcher, const base::Clock& clock, std::unique_ptr<EventLoop> loop)
    : launcher_(launcher), clock_(clock), loop_(std::move(loop)) {}

Result<std::unique_ptr<Runner>> Runner::make(Launcher& launcher, const base::Clock& clock) {
  EDGE_TRY(auto loop, EventLoop::create(clock));
  std::unique_ptr<Runner> out(new Runner(launcher, clock, std::move(loop)));
  out->thread_ = std::jthread([runner = out.get()] { runner->loop_->run(); });
  return out;
}

Runner::~Runner() { stop(); }

void Runner::begin_stop() {
  {
    base::Lock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  loop_->post([this] { end_all(); });
}

void Runner::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void Runner::end_all() {
  stopping_ = true;
  waits_.clear();
  for (const auto& [number, run] : runs_) run->end_soon();
  if (runs_.empty()) loop_->stop();
}

Result<> Runner::take_place(const RunSpec& spec, const Place& place) {
  base::Lock lock(mutex_);
  if (stopped_) return base::fail(Errc::unavailable, "the daemon is stopping");
  if (all_at_once_ >= place.at_once_all) {
    return base::fail(Errc::exhausted,
                      fmt::format("{} commands run, and no more may run at once; try again when "
                                  "one has ended",
                                  all_at_once_));
  }
  std::uint32_t& own = at_once_[place.row];
  if (own >= spec.limits.at_once) {
    return base::fail(
        Errc::already_exists,
        fmt::format("{} runs {} times at once already, and no more is allowed; try again when it "
                    "has ended, or cancel it",
                    place.row, own));
  }
  ++own;
  ++all_at_once_;
  return {};
}

void Runner::leave_place(const std::string& row) {
  --all_at_once_;
  const auto own = at_once_.find(row);
  if (--own->second == 0) at_once_.erase(own);
}

void Runner::leave(RunNumber run) {
  base::Lock lock(mutex_);
  const auto found = known_.find(run);
  leave_place(found->second.row);
  known_.erase(found);
}

Result<RunNumber> Runner::start(const RunSpec& spec, Place place,
                                std::unique_ptr<RunWatcher> watcher) {
  EDGE_CHECK(take_place(spec, place));
  auto launched = launcher_.launch(spec);
  if (!launched) {
    base::Lock lock(mutex_);
    leave_place(place.row);
    return std::move(launched).error();
  }
  RunNumber number = 0;
  {
    base::Lock lock(mutex_);
    number = ++last_;
    known_.emplace(number, Known{.row = std::move(place.row), .input = spec.input});
  }
  watcher->on_start(number);
  loop_->post([this, number, spec, launched = std::move(*launched),
               watcher = std::move(watcher)]() mutable {
    auto run = std::make_unique<Run>(*this, number, spec, std::move(launched), std::move(watcher));
    Run& made = *run;
    runs_.emplace(number, std::move(run));
    if (!made.watch()) return made.abandon();
    if (stopping_) made.end_soon();
  });
  return number;
}

bool Runner::cancel(RunNumber run) {
  {
    base::Lock lock(mutex_);
    if (!known_.contains(run)) return false;
  }
  loop_->post([this, run] {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->end(RunEnd::Why::cancelled);
  });
  return true;
}

Result<> Runner::write(RunNumber run, std::string bytes) {
  {
    base::Lock lock(mutex_);
    const auto found = known_.find(run);
    if (found == known_.end() || !found->second.input) {
      return base::fail(Errc::not_found, "the command has ended, or it takes no input");
    }
    std::size_t& waiting = found->second.waiting;
    if (bytes.size() > kMaxInput - std::min(waiting, kMaxInput)) {
      return base::fail(Errc::exhausted,
                        "the command has not read its earlier input; try again later");
    }
    waiting += bytes.size();
  }
  loop_->post([this, run, bytes = std::move(bytes)]() mutable {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->write(std::move(bytes));
  });
  return {};
}

Result<> Runner::close_input(RunNumber run) {
  {
    base::Lock lock(mutex_);
    const auto found = known_.find(run);
    if (found == known_.end() || !found->second.input) {
      return base::fail(Errc::not_found, "the command has ended, or it takes no input");
    }
  }
  loop_->post([this, run] {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->close_input();
  });
  return {};
}

void Runner::note_written(RunNumber run, std::size_t bytes) {
  base::Lock lock(mutex_);
  const auto found = known_.find(run);
  if (found != known_.end()) found->second.waiting -= std::min(bytes, found->second.waiting);
}

void Runner::after(base::Millis wait, base::UniqueFunction<void()> call) {
  loop_->post([this, wait, call = std::move(call)]() mutable {
    if (stopping_) return;
    const auto place = waits_.insert(waits_.end(), Wait{.call = std::move(call), .timer = {}});
    place->timer = std::make_unique<Timer>(*loop_, [this, place] {
      auto due = std::move(place->call);
      // A timer may not be destroyed by its own call.
      loop_->post([this, place] { waits_.erase(place); });
      due();
    });
    place->timer->arm(wait);
  });
}

std::size_t Runner::running() const {
  base::Lock lock(mutex_);
  return known_.size();
}

void Runner::over(RunNumber run) {
  runs_.erase(run);
  if (stopping_ && runs_.empty()) loop_->stop();
}

}  // namespace gateway::commands
