// The line in a chat about a change of its timer, in Delta Chat's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messaging/kernel/stock_strings.h"

namespace messaging::kernel {

// `seconds`: 0 for never. `by`: the name of the author; nothing: ourselves.
std::string timer_line(const StockStrings& words, std::uint32_t seconds,
                       const std::optional<std::string>& by);

}  // namespace messaging::kernel
