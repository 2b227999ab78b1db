#include "messaging/mail/form/address.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/bytes.h"

namespace messaging::mail {
namespace {

bool is_address_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7f &&
         std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
}

}  // namespace

bool is_address(std::string_view text) {
  if (text.size() > kMaxAddress || !base::is_utf8(text)) return false;
  if (!std::all_of(text.begin(), text.end(), is_address_character)) return false;
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos;
}

bool same_address(std::string_view a, std::string_view b) {
  return base::lower_ascii(a) == base::lower_ascii(b);
}

}  // namespace messaging::mail
