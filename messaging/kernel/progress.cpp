#include "messaging/kernel/progress.h"

#include <algorithm>

#include "store/tables/messages.h"

namespace messaging::kernel {
namespace {

constexpr std::uint32_t kSmall = 16;  // parts: 4 MiB
constexpr std::uint64_t kSteps = 20;

}  // namespace

base::Result<> emit_progress(const WriteContext& write, std::uint32_t before, std::uint32_t now,
                             std::uint32_t parts, std::optional<MsgId> message) {
  if (parts < kSmall || now <= before) return {};
  const auto step = [&](std::uint32_t done) { return kSteps * done / parts; };
  if (step(before) == step(now)) return {};
  const auto thousandths = std::uint64_t{1000} * std::min(now, parts) / parts;
  EDGE_CHECK(write.emit(ImexProgress{static_cast<std::uint32_t>(thousandths)}));
  if (!message) return {};
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, *message));
  return mark ? write.emit(MsgsChanged{mark->chat, *message}) : base::Result<>{};
}

}  // namespace messaging::kernel
