// Device commands as JSON-RPC and the endpoints of projects show them.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct CommandRun {
  static constexpr std::string_view kSchema = "CommandRun";
  std::string id;
  std::string project;
  std::string command;
  std::string status;
  std::string caller;
  std::int64_t started_at = 0;
  std::optional<std::int64_t> ended_at;
  std::optional<std::int32_t> exit_code;
  std::optional<std::string> signal;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::string> message;
  bool input = false;
  static constexpr auto fields() {
    using R = CommandRun;
    return std::tuple(
        base::field("id", &R::id, "\"cmd-\" and 16 hex digits; the stream_id of its output"),
        base::field("project", &R::project,
                    "whose command it is; \"\" when it was asked for in a chat"),
        base::field("command", &R::command, "as it was asked for"),
        base::field(
            "status", &R::status,
            "running; exited, time_limit, output_limit, cancelled: it ran to its end, or was "
            "ended; not_started, lost, interrupted: it failed"),
        base::field("caller", &R::caller,
                    "the id of the API key; \"local\" without one; \"contact:\" and a fingerprint"),
        base::field("started_at", &R::started_at, "Unix seconds"),
        base::field("ended_at", &R::ended_at, "Unix seconds"),
        base::field("exit_code", &R::exit_code, "128 and the signal where one ended it"),
        base::field("signal", &R::signal, "that ended it: SIGTERM"),
        base::field("duration_ms", &R::duration_ms, "how long it ran"),
        base::field("message", &R::message, "why it was ended, or failed"),
        base::field("input", &R::input, "it takes standard input"));
  }
};

struct CommandLine {
  static constexpr std::string_view kSchema = "CommandLine";
  std::uint64_t id = 0;
  std::string line;
  std::string stream;
  bool more = false;
  bool progress = false;
  bool replaced = false;
  static constexpr auto fields() {
    using L = CommandLine;
    return std::tuple(
        base::field("id", &L::id, "of the event; grows"),
        base::field("line", &L::line, "without its line end"),
        base::field("stream", &L::stream, "stdout or stderr"),
        base::field("more", &L::more, "a piece of a long line, which goes on in the next one"),
        base::field("progress", &L::progress,
                    "ended by a carriage return: the next one replaces it"),
        base::field("replaced", &L::replaced, "bytes that were not UTF-8 are U+FFFD now"));
  }
};

struct CommandOutput {
  static constexpr std::string_view kSchema = "CommandOutput";
  CommandRun run;
  std::vector<CommandLine> lines;
  std::uint64_t next = 0;
  bool missing = false;
  bool complete = false;
  static constexpr auto fields() {
    using O = CommandOutput;
    return std::tuple(
        base::field("run", &O::run, "whose output it is"),
        base::field("lines", &O::lines, "in the order in which they came"),
        base::field("next", &O::next, "the `after` of the next call"),
        base::field("missing", &O::missing, "lines after `after` are no longer kept"),
        base::field("complete", &O::complete, "it has ended, and there are no further lines"));
  }
};

}  // namespace rpc::shape
