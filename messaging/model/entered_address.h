// An address as a person or a program enters it.
#pragma once

#include <string>
#include <string_view>

namespace messaging {

// The form in which it is stored and looked for, as Delta Chat has it: without `mailto:`, its
// letters A to Z small. Judges nothing.
std::string entered_address(std::string_view text);

}  // namespace messaging
