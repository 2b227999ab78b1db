#include "gateway/commands/run_output.h"

#include <algorithm>

namespace gateway::commands {
namespace {

constexpr std::string_view kMissing = "[lines that are no longer kept are missing here]\n";

}  // namespace

void RunOutput::flush(std::string& text) {
  for (auto& progress : progress_) {
    if (progress) text += *std::exchange(progress, std::nullopt) + "\n";
  }
}

void RunOutput::append(const OutputEntry& entry, std::string& text) {
  auto& progress = progress_[entry.stream == OutputStream::output ? 0 : 1];
  if (entry.piece.progress) {
    progress = entry.piece.text;
    return;
  }
  progress.reset();
  text += entry.piece.text;
  if (!entry.piece.more) text += '\n';
}

base::Result<bool> RunOutput::append_next(std::string& text) {
  if (ended_) return false;
  EDGE_TRY(const OutputPage page, pages_(after_));
  if (page.floor > after_) text += kMissing;
  for (const OutputEntry& entry : page.entries) append(entry, text);
  // A page without lines is the last one, whatever its other fields say.
  const bool more = !page.at_end && page.reached > after_;
  after_ = std::max(after_, page.reached);
  if (more) return true;
  ended_ = true;
  flush(text);
  return true;
}

base::Result<std::unique_ptr<RunOutputReader>> RunOutputReader::open(RunOutput::Pages pages,
                                                                     base::EventId begin) {
  std::uint64_t size = 0;
  RunOutput once(pages, begin);
  for (std::string text;; text.clear()) {
    EDGE_TRY(const bool more, once.append_next(text));
    if (!more) break;
    size += text.size();
  }
  return std::unique_ptr<RunOutputReader>(
      new RunOutputReader(RunOutput(std::move(pages), begin), size));
}

base::Result<std::size_t> RunOutputReader::read_at(std::uint64_t offset,
                                                   std::span<std::uint8_t> out) {
  if (offset != at_) return base::fail(base::Errc::internal, "output is read in order only");
  while (taken_ == text_.size()) {
    text_.clear();
    taken_ = 0;
    EDGE_TRY(const bool more, output_.append_next(text_));
    if (!more) return 0;
  }
  const std::size_t part = std::min(out.size(), text_.size() - taken_);
  std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(taken_), part, out.begin());
  taken_ += part;
  at_ += part;
  return part;
}

base::Result<OutputHead> read_output_head(RunOutput output, std::size_t most) {
  OutputHead head;
  while (head.text.size() <= most) {
    EDGE_TRY(const bool more, output.append_next(head.text));
    if (!more) break;
  }
  if (head.text.size() > most) {
    head.whole = false;
    head.text.resize(most);
    while (!base::is_utf8(head.text)) head.text.pop_back();  // cut inside a character
  }
  // The last line's end is not part of the text.
  if (head.text.ends_with('\n')) head.text.pop_back();
  return head;
}

}  // namespace gateway::commands
