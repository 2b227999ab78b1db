// The known name that a mistyped one most likely meant.
#pragma once

#include <span>
#include <string_view>

namespace gateway {

// Nothing ("") when no candidate is within a third of the word's length.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gateway
