// RunRecord: the stored record of a command's run: who asked for what, when, and how it ended. Its
// output is stored separately, and for a shorter time (output_log.h).
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "gateway/commands/runner.h"

namespace gateway::commands {

struct RunOutcome {
  enum class Kind : std::uint8_t {
    complete,     // it ran; `end` says how it ended
    interrupted,  // the daemon stopped, or died, while it ran
  };
  Kind kind = Kind::complete;
  base::EventId id;         // of the event that reports it, the last one of the run
  base::EventId last_line;  // of its output; 0: it wrote nothing
  base::UnixMillis at = 0;
  RunEnd end;  // of an interrupted run: message and, where it is known, duration

  // Whether the event is `error` and not `complete`: there is no exit code.
  bool is_error() const;
};

struct RunRecord {
  std::string id;       // "cmd-" and 16 hex digits
  std::string project;  // of the list as it was then
  std::string row;      // the command's name, or the line as it stands in the list
  bool is_line = false;
  std::string text;    // as the caller wrote it
  std::string caller;  // the key's id; "local" without keys
  base::UnixMillis started = 0;
  base::EventId before;                    // its events have greater ids
  bool input = false;                      // it takes standard input
  std::optional<RunOutcome> outcome = {};  // nothing: it runs

  // "running", or why it ended.
  std::string_view status() const;
};

base::Bytes encode_start(const RunRecord& record);
base::Bytes encode_outcome(const std::string& id, const RunOutcome& outcome);

// The content of one record of the ledger.
struct LedgerEntry {
  std::string id;
  std::optional<RunRecord> start;
  std::optional<RunOutcome> outcome;
};
std::optional<LedgerEntry> decode_ledger_entry(base::ByteView bytes);

// "SIGTERM", "signal 40"
std::string signal_name(int number);
// 128 and the signal, as shells have it, where no exit code is known.
std::optional<int> exit_code_of(const RunEnd& end);

// The data of the events of a run, one line of JSON each.
std::string connected_data(const RunRecord& record);
std::string output_data(const std::string& run, OutputStream stream, const OutputPiece& piece);
std::string outcome_data(const RunRecord& record);  // of an ended run

}  // namespace gateway::commands
