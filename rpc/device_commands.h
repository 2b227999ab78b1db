// DeviceCommands: the interface of methods to the commands that the administrator lists, without
// knowledge of how they run. Safe from any thread; calls may wait for the disk, never for a
// command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rpc/dispatcher.h"
#include "rpc/shapes/command.h"

namespace rpc {

class DeviceCommands {
 public:
  static constexpr std::size_t kMaxRuns = 1'000;   // of one answer
  static constexpr std::size_t kMaxLines = 1'000;  // and about a MiB of them

  virtual ~DeviceCommands() = default;

  // Errc::not_found: no such project; forbidden: no command that the caller may run, with the
  // nearest names; invalid_argument: no command line, or a value that is not allowed;
  // already_exists: the command runs as often as it may; exhausted: too many commands run.
  virtual base::Result<shape::CommandRun> run(const Caller& caller, const std::string& project,
                                              const std::string& command) = 0;
  // Requests its end; returns the run as it is now. Errc::already_exists: it has ended.
  virtual base::Result<shape::CommandRun> cancel(const Caller& caller, const std::string& id) = 0;
  // Running and earlier ones, newest first, that the caller may see.
  virtual base::Result<std::vector<shape::CommandRun>> runs(
      const Caller& caller, const std::optional<std::string>& project, std::size_t limit) = 0;
  // Lines with an id greater than `after`.
  virtual base::Result<shape::CommandOutput> output(const Caller& caller, const std::string& id,
                                                    std::uint64_t after, std::size_t limit) = 0;
};

}  // namespace rpc
