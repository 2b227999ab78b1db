// MailAddress: a mailbox and the name beside it, as in From and To.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace messaging::mail {

inline constexpr std::size_t kMaxAddress = 254;      // bytes, RFC 5321
inline constexpr std::size_t kMaxAddressName = 256;  // bytes; longer ones are cut

struct MailAddress {
  std::string addr;
  std::string name = {};  // "" none
  friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

// One "@" with something on both sides, printable ASCII or UTF-8 without blanks, angle brackets,
// quotation marks, commas and the like: an address that can stand in a header and in an SMTP
// command as it is.
bool is_address(std::string_view text);
// Whether both name one mailbox: without regard to the case of ASCII letters, as Delta Chat.
bool same_address(std::string_view a, std::string_view b);

}  // namespace messaging::mail
