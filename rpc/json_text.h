// Text of JSON that a parser accepted before: the places of its parts, so that they can be passed
// on as they were written (a parsed number is a double, a parsed object has lost the order of its
// members), and its form on one line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rpc {

// The items of an array; none for another value. One pass over the text.
std::vector<std::string_view> json_items(std::string_view array);
// A member of an object; the last one of that name, nothing without one and for another value.
std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

// The same value without blanks and line breaks between its parts. U+0085, U+2028 and U+2029, which
// many readers take for the end of a line, are escaped.
std::string on_one_line(std::string_view json);

// JSON may hold half of a surrogate pair as an escape ("\ud83d" alone: a text that was cut in the
// middle of a character), which no UTF-8 can express and the parser refuses.
struct MendedJson {
  std::string text;                     // with "\ufffd" instead, so that all offsets stay
  std::vector<std::size_t> surrogates;  // where they were
};
// Nothing when there is none. The text need not be JSON.
std::optional<MendedJson> mend_surrogates(std::string_view text);

}  // namespace rpc
