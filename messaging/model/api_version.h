// The version of Delta Chat's API that this gateway implements, as clients of it compare versions.
#pragma once

#include <string_view>

namespace messaging {

inline constexpr std::string_view kApiVersion = "2.65.0";

}  // namespace messaging
