#include "messaging/model/plain_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/unicode.h"

namespace messaging {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// U+0000 to U+001F, U+007F to U+009F and the line and paragraph separators: an error in a caller's
// value. Direction controls are removed silently, because they are pasted unseen.
bool is_control(std::string_view character) {
  return character.size() < 3 || character == "\u2028" || character == "\u2029";
}

}  // namespace

std::string plain_name(std::string_view name, std::size_t most) {
  if (!base::is_utf8(name)) return "";
  std::string shown;
  shown.reserve(name.size());
  while (!name.empty()) {
    const std::size_t control = base::layout_control_size(name);
    if (control == 0) shown += name.front();
    name.remove_prefix(std::max<std::size_t>(control, 1));
  }
  std::string_view out = base::trimmed(shown);
  if (out.size() > most) {
    std::size_t size = most;
    while (size > 0 && is_continuation(out[size])) --size;
    out = base::trimmed(out.substr(0, size));
  }
  return base::is_blank(out) ? "" : std::string(out);
}

base::Result<std::string> given_name(std::string_view field, std::string_view name,
                                     std::size_t most) {
  name = base::trimmed(name);
  bool good = name.size() <= most && base::is_utf8(name);
  for (std::string_view rest = name; good && !rest.empty(); rest.remove_prefix(1)) {
    const std::size_t control = base::layout_control_size(rest);
    good = control == 0 || !is_control(rest.substr(0, control));
  }
  if (good) return plain_name(name, most);
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("{}: expected at most {} bytes of UTF-8 without line breaks and "
                                "other control characters",
                                field, most));
}

}  // namespace messaging
