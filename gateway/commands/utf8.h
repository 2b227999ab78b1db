// UTF-8 as bytes of commands and their output come: nothing is assumed of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway::commands {

// The number of bytes of the character that `text` begins with; 0 when these bytes are not UTF-8
// (overlong forms, surrogates and values above U+10FFFF included) or the character is cut off.
std::size_t utf8_size(std::string_view text);

// Whether `text` is the beginning of a character whose other bytes may still come.
bool utf8_cut(std::string_view text);

struct CleanText {
  std::string text;
  bool replaced = false;  // bytes that were not UTF-8 are U+FFFD now
};
CleanText clean_utf8(std::string_view bytes);

}  // namespace gateway::commands
