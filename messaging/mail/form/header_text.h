// The spelling of header lines (RFC 5322, 2047, 2045). A value never breaks out of its line: line
// breaks and other control characters become blanks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messaging/mail/form/address.h"

namespace messaging::mail {

// Without control characters; not UTF-8: its bytes that are not ASCII are '?'.
std::string plain_header(std::string_view value);
// A text: as it is when it is ASCII without "=?", else as encoded words.
std::string header_text(std::string_view text);
// The value as one encoded word however long it is, with its line breaks.
std::string one_encoded_word(std::string_view text);
// In quotation marks, for a parameter: RFC 2047 words within them when it is not ASCII, which is
// the form that Delta Chat writes and reads for file names.
std::string quoted_parameter(std::string_view text);

// `"Name" <addr>`.
std::string header_address(const MailAddress& address);
// With ", " between them; "\"hidden-recipients\": ;" when there are none.
template <class Addresses>
std::string header_addresses(const Addresses& addresses) {
  std::string out;
  for (const MailAddress& one : addresses) {
    if (!out.empty()) out += ", ";
    out += header_address(one);
  }
  return out.empty() ? "\"hidden-recipients\": ;" : out;
}

// "Name: value" with CRLF; folded at blanks of the value where a line would be too long.
std::string header_line(std::string_view name, std::string_view value);

// "Sat, 21 Nov 2026 07:57:57 +0000".
std::string header_date(std::int64_t unix_seconds);

}  // namespace messaging::mail
