// RunOutput: a command's output as one text: both streams in their order, without replaced
// progress, and with a line for each place where lines are no longer stored. Read from the files, a
// page at a time, in constant memory.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/commands/output_log.h"
#include "messaging/model/attachment.h"

namespace gateway::commands {

// One thread.
class RunOutput {
 public:
  // A page of a run's lines with ids after this one.
  using Pages = std::function<base::Result<OutputPage>(base::EventId after)>;
  // `begin`: the run's lines have greater ids.
  RunOutput(Pages pages, base::EventId begin) : pages_(std::move(pages)), after_(begin) {}

  // Appends the next page's text. False: there is no more.
  base::Result<bool> append_next(std::string& text);

 private:
  void append(const OutputEntry& entry, std::string& text);
  void flush(std::string& text);

  Pages pages_;
  base::EventId after_;
  bool ended_ = false;
  std::array<std::optional<std::string>, 2> progress_;  // by stream: replaced by what follows
};

// The whole of it, for files.
class RunOutputReader final : public messaging::AttachmentReader {
 public:
  // Reads it once, to know its size.
  static base::Result<std::unique_ptr<RunOutputReader>> open(RunOutput::Pages pages,
                                                             base::EventId begin);
  std::uint64_t size() const override { return size_; }
  // In order only: `offset` is where the last call ended.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override;

 private:
  RunOutputReader(RunOutput output, std::uint64_t size) : output_(std::move(output)), size_(size) {}
  RunOutput output_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::string text_;
  std::size_t taken_ = 0;  // of text_
};

// The beginning, of at most `most` bytes; `whole`: that was all of it.
struct OutputHead {
  std::string text;
  bool whole = true;
};
base::Result<OutputHead> read_output_head(RunOutput output, std::size_t most);

}  // namespace gateway::commands
