#include "gateway/http/path.h"

#include <algorithm>

#include "base/bytes.h"

namespace gateway {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> decode_path(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out.push_back(path[i]);
      continue;
    }
    const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(path[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    const int c = high * 16 + low;
    if (c < 0x20 || c == 0x7f || c == '/' || c == '%') return std::nullopt;
    out.push_back(static_cast<char>(c));
    i += 2;
  }
  if (!base::is_utf8(out)) return std::nullopt;
  return out;
}

bool query_escapes_are_plain(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return true;
  const std::string_view query = target.substr(question);
  for (std::size_t at = query.find('%'); at != std::string_view::npos;
       at = query.find('%', at + 1)) {
    if (at + 2 >= query.size() || hex_digit(query[at + 1]) < 0 || hex_digit(query[at + 2]) < 0) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> decode_form(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      out.push_back(raw[i] == '+' ? ' ' : raw[i]);
      continue;
    }
    const int high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(raw[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

}  // namespace gateway
