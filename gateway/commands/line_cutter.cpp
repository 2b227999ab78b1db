#include "gateway/commands/line_cutter.h"

#include <algorithm>
#include <utility>

#include "gateway/commands/utf8.h"

namespace gateway::commands {
namespace {

// The size of the beginning of a character that `text` ends with, and whose end may still come.
std::size_t cut_at_end(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    if (utf8_cut(text.substr(text.size() - back))) return back;
  }
  return 0;
}

}  // namespace

void LineCutter::take(std::string_view bytes, base::Millis now, Sink& sink) {
  while (!bytes.empty()) {
    if (returned_) {
      returned_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        end_line(sink);
        continue;
      }
      if (bytes.front() == '\r') {  // "\r\r\n" of some programs is one line end
        returned_ = true;
        bytes.remove_prefix(1);
        continue;
      }
      line_.clear();  // what was overwritten
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    append(bytes.substr(0, end), sink);
    if (end == std::string_view::npos) break;
    const bool line_ends = bytes[end] == '\n';
    bytes.remove_prefix(end + 1);
    if (line_ends) {
      end_line(sink);
      continue;
    }
    returned_ = true;
    // A line feed may follow, at once or in the next bytes: then it was a line, and no progress.
    if (bytes.starts_with('\n')) continue;
    if (!progress_) due_ = std::max(next_progress_, now + (bytes.empty() ? kProgressEvery / 2 : 0));
    progress_ = line_;
  }
  tick(now, sink);
}

void LineCutter::tick(base::Millis now, Sink& sink) {
  if (!progress_ || now < due_) return;
  next_progress_ = now + kProgressEvery;
  emit(*std::exchange(progress_, std::nullopt), false, true, sink);
}

void LineCutter::finish(Sink& sink) {
  if (!line_.empty()) end_line(sink);
  progress_.reset();
  returned_ = false;
}

void LineCutter::append(std::string_view bytes, Sink& sink) {
  while (line_.size() + bytes.size() > kMaxPiece) {
    const std::size_t room = kMaxPiece - line_.size();
    line_.append(bytes.substr(0, room));
    bytes.remove_prefix(room);
    const std::size_t size = line_.size() - cut_at_end(line_);
    emit(std::string_view(line_).substr(0, size), true, false, sink);
    line_.erase(0, size);
  }
  line_.append(bytes);
}

void LineCutter::end_line(Sink& sink) {
  progress_.reset();
  emit(line_, false, false, sink);
  line_.clear();
}

void LineCutter::emit(std::string_view bytes, bool more, bool progress, Sink& sink) {
  CleanText clean = clean_utf8(bytes);
  sink({.text = std::move(clean.text),
        .more = more,
        .replaced = clean.replaced,
        .progress = progress});
}

}  // namespace gateway::commands
