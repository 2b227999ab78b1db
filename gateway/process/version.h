// The version of this build, as --version, /health and get_info show it.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

std::string_view version();                          // "0.1.0"
std::string_view commit();                           // "8e597c58a2b1", or "" when built outside git
std::string version_line(std::string_view program);  // "privitty-edged 0.1.0 (8e597c58a2b1)"

}  // namespace gateway
