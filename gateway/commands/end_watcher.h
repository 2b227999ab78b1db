// EndWatcher: wraps the watcher of a run, and reports the run's end after it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/function.h"
#include "gateway/commands/run_watcher.h"

namespace gateway::commands {

class EndWatcher final : public RunWatcher {
 public:
  using OnEnd = base::UniqueFunction<void(const std::string& run)>;
  EndWatcher(std::unique_ptr<RunWatcher> watcher, std::string run, OnEnd on_end)
      : watcher_(std::move(watcher)), run_(std::move(run)), on_end_(std::move(on_end)) {}
  void on_start(std::uint64_t run) override { watcher_->on_start(run); }
  void on_output(OutputStream stream, OutputPiece piece) override {
    watcher_->on_output(stream, std::move(piece));
  }
  void on_read() override { watcher_->on_read(); }
  void on_end(const RunEnd& end) override {
    watcher_->on_end(end);
    on_end_(run_);
  }

 private:
  const std::unique_ptr<RunWatcher> watcher_;
  const std::string run_;
  OnEnd on_end_;
};

}  // namespace gateway::commands
