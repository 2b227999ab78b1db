#include "gateway/commands/refusals.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "gateway/commands/utf8.h"

namespace gateway::commands {
namespace {

constexpr std::size_t kShownText = 200;

}  // namespace

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown_project:
      return "unknown_project";
    case Refusal::not_allowed:
      return "not_allowed";
    case Refusal::wrong:
      return "wrong";
    case Refusal::busy:
      return "busy";
    case Refusal::failed:
      return "failed";
  }
  return "";
}

std::string shown_text(std::string_view text) {
  return text.size() <= kShownText ? clean_utf8(text).text
                                   : clean_utf8(text.substr(0, kShownText)).text + "…";
}

std::string_view logged_caller(std::string_view caller) {
  return caller.starts_with("contact:") ? "a contact" : caller;
}

void Refusals::note(const Refused& refused, Refusal refusal, const std::string& why) {
  counts_[static_cast<std::size_t>(refusal)].add();
  if (refusal == Refusal::busy || refusal == Refusal::failed) return;
  std::uint64_t unsaid = 0;
  {
    base::Lock lock(mutex_);
    if (warnings_.take(refused.caller, clock_.uptime()) != 0) {
      ++unsaid_;
      return;
    }
    unsaid = std::exchange(unsaid_, 0);
  }
  base::log::warning("a device command was refused to {}: {}", logged_caller(refused.caller),
                     name_of(refusal));
  std::string message = fmt::format("A device command was refused to {}: {}. {}", refused.whom,
                                    refused.what, shown_text(why));
  if (unsaid > 0) message += fmt::format(" Before it {} others were refused.", unsaid);
  warn_(std::move(message));
}

}  // namespace gateway::commands
