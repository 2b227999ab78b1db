// LineCutter: turns the bytes of one output stream of a command into lines.
//
// A line longer than kMaxPiece comes in pieces, each but the last marked `more`. Bytes that are not
// UTF-8 are replaced by U+FFFD, and the piece says so. Text that ends in a carriage return is
// progress: the next piece takes its place. Of progress at most one text each kProgressEvery is
// passed on, the newest one; a line that follows makes the one that waits void. CR LF ends a line.
//
// Memory is bounded by kMaxPiece, whatever comes. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/function.h"

namespace gateway::commands {

struct OutputPiece {
  std::string text;       // UTF-8, without its line end
  bool more = false;      // the line goes on in the next piece
  bool replaced = false;  // bytes that were not UTF-8 were replaced
  bool progress = false;  // ended by a carriage return

  friend bool operator==(const OutputPiece&, const OutputPiece&) = default;
};

class LineCutter {
 public:
  static constexpr std::size_t kMaxPiece = 64 * 1024;  // bytes of the command
  static constexpr base::Millis kProgressEvery = 100;

  using Sink = base::UniqueFunction<void(OutputPiece)>;

  // `now` is any clock that never goes back.
  void take(std::string_view bytes, base::Millis now, Sink& sink);
  // When progress that waits is due; nothing when none waits.
  std::optional<base::Millis> due() const { return progress_ ? std::optional(due_) : std::nullopt; }
  // Passes on what is due.
  void tick(base::Millis now, Sink& sink);
  // The end of the stream: what is left is the last line.
  void finish(Sink& sink);

 private:
  void append(std::string_view bytes, Sink& sink);
  void end_line(Sink& sink);
  void emit(std::string_view bytes, bool more, bool progress, Sink& sink);

  std::string line_;                     // of the present line, at most kMaxPiece
  bool returned_ = false;                // the last byte was a carriage return
  std::optional<std::string> progress_;  // waits for its time
  base::Millis due_ = 0;
  base::Millis next_progress_ = 0;
};

}  // namespace gateway::commands
