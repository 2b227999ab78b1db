#include "messaging/plain_name.h"

#include "base/bytes.h"

namespace messaging {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

bool is_plain_name(std::string_view name) {
  for (const char c : name) {
    if (is_control(c)) return false;
  }
  return name.size() <= kMaxName && base::is_utf8(name);
}

std::string plain_name(std::string_view name) {
  std::string out;
  if (!base::is_utf8(name)) return out;
  for (const char c : name) {
    if (!is_control(c)) out += c;
  }
  std::size_t size = out.size();
  if (size > kMaxName) {
    size = kMaxName;
    while (size > 0 && is_continuation(out[size])) --size;
  }
  out.resize(size);
  return out;
}

}  // namespace messaging
