#include "messaging/model/entered_address.h"

#include "base/ascii.h"

namespace messaging {

std::string entered_address(std::string_view text) {
  constexpr std::string_view kScheme = "mailto:";
  std::string out = base::lower_ascii(text);
  if (out.starts_with(kScheme)) out.erase(0, kScheme.size());
  return out;
}

}  // namespace messaging
