#include "gateway/commands/pattern.h"

#include <re2/re2.h>

namespace gateway::commands {
namespace {

constexpr std::int64_t kMaxProgramBytes = 1024 * 1024;  // (.{1000}){1000} is refused, not compiled

}  // namespace

base::Result<Pattern> Pattern::compile(std::string_view text) {
  const auto wrong = [](const std::string& why) {
    return base::fail(base::Errc::invalid_argument, why);
  };
  if (text.size() > kMaxBytes) {
    return wrong("the pattern is longer than " + std::to_string(kMaxBytes) + " bytes");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxProgramBytes);
  options.set_never_nl(false);
  auto program = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!program->ok()) return wrong(program->error());
  return Pattern(std::move(program));
}

bool Pattern::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *program_);
}

const std::string& Pattern::text() const { return program_->pattern(); }

}  // namespace gateway::commands
