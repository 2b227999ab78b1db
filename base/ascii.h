// Letters A to Z without regard to their case, whatever the locale. Unicode's case folding is in
// base/unicode.h.
#pragma once

#include <string>
#include <string_view>

namespace base {

constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

}  // namespace base
