// DeviceCommands: what methods ask of the commands that the administrator lists, without knowing
// how they run. Safe from any thread; calls may wait for the disk, never for a command.
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

  // Errc::not_found: no such project; forbidden: nothing that the caller may run, with what it may
  // that is near; invalid_argument: no command line, or a value that is not allowed;
  // already_exists: the command runs as often as it may; exhausted: all together do.
  virtual base::Result<shape::CommandRun> run(const Caller& caller, const std::string& project,
                                              const std::string& command) = 0;
  // Asks for its end; the run as it is now. Errc::already_exists: it has ended.
  virtual base::Result<shape::CommandRun> cancel(const Caller& caller, const std::string& id) = 0;
  // Running ones and those before, newest first, as far as the caller may see them.
  virtual base::Result<std::vector<shape::CommandRun>> runs(
      const Caller& caller, const std::optional<std::string>& project, std::size_t limit) = 0;
  // Lines with an id greater than `after`.
  virtual base::Result<shape::CommandOutput> output(const Caller& caller, const std::string& id,
                                                    std::uint64_t after, std::size_t limit) = 0;
};

}  // namespace rpc
