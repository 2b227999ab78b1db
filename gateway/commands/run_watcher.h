// RunWatcher: the receiver of what a run writes and of how it ends.
#pragma once

#include <cstdint>

#include "gateway/commands/line_cutter.h"
#include "gateway/commands/run_end.h"

namespace gateway::commands {

// Called on the runner's thread but for on_start(); must not wait for anything but the disk.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  // The first call, by start() on its thread, once the run is certain to begin.
  virtual void on_start(std::uint64_t /*run*/) {}
  virtual void on_output(OutputStream stream, OutputPiece piece) = 0;
  // All output of one read was passed on.
  virtual void on_read() {}
  virtual void on_end(const RunEnd& end) = 0;
};

}  // namespace gateway::commands
