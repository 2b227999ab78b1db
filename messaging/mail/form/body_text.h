// BodyText: what a chat client writes into a text part besides the text: the mark of a forwarded
// message, the quoted text with "> " before each line, and a status behind "-- ".
//
// Reading returns the text that was written, whatever it is, without blank lines at its ends. A
// line that looks like the mark of a status gets a zero-width space; a text that begins with ">"
// gets an empty line before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace messaging::mail {

struct BodyText {
  std::string text;  // line breaks are "\n", as in each of these
  std::optional<std::string> quote = std::nullopt;
  std::string footer = {};
  bool forwarded = false;
};

// With CRLF; without one at its end.
std::string write_body(const BodyText& body);
// `chat`: from a chat client. In other mails no line counts as a mark of ours.
BodyText read_body(std::string_view text, bool chat);

// format=flowed (RFC 3676), which some clients write: lines that end in a blank go on in the next.
std::string unflowed(std::string_view text, bool delete_space);

}  // namespace messaging::mail
