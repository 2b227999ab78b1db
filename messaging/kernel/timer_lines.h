// The line that a chat has of a change of its timer, as Delta Chat words it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messaging/kernel/stock_strings.h"

namespace messaging::kernel {

// `seconds`: 0 for never. `by`: the name of who made it; nothing: we did.
std::string timer_line(const StockStrings& words, std::uint32_t seconds,
                       const std::optional<std::string>& by);

}  // namespace messaging::kernel
