// RunSpec: everything that the helper process has to know to start one command, and the messages
// between the daemon, the helper and the supervisor of a run. All of them run the same program, so
// the forms are this build's alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/commands/command.h"

namespace gateway::commands {

struct RunSpec {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value": all of it, nothing is inherited
  std::string folder;
  RunLimits limits;
  base::Millis grace = 5'000;       // from SIGTERM to SIGKILL
  std::vector<std::string> hidden;  // files and folders out of the command's reach (landlock.h)
  bool input = false;               // a pipe for standard input follows; else it is /dev/null

  friend bool operator==(const RunSpec&, const RunSpec&) = default;
};

// The run of a command with checked values; `project` may be null. The environment is PATH, LANG
// and what the row adds.
RunSpec spec_of(const Command& command, std::span<const std::string> values, const Project* project,
                std::vector<std::string> hidden);

// Of the encoded form. A Unix socket passes it as one message.
inline constexpr std::size_t kMaxSpecBytes = 150 * 1024;

std::string encode_spec(const RunSpec& spec);
std::optional<RunSpec> decode_spec(std::string_view bytes);

// From the daemon to a supervisor: one byte. The end of the socket means kill.
enum class Order : char { terminate = 'T', kill = 'K' };

// From a supervisor to the daemon.
struct Report {
  enum class Kind : std::uint32_t {
    started,   // the program runs; number: its pid
    failed,    // it could not be started; number: errno, step: what failed
    exited,    // it and everything it started are gone; number: its exit code
    signaled,  // the same; number: the signal that ended it
  };
  enum class Step : std::uint32_t { none, process, folder, limits, landlock, program };

  Kind kind = Kind::started;
  Step step = Step::none;
  std::int32_t number = 0;
  std::uint32_t timed_out = 0;
};

std::string_view name_of(Report::Step step);

}  // namespace gateway::commands
