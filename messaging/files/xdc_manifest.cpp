#include "messaging/files/xdc_manifest.h"

#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "base/unicode.h"
#include "messaging/model/plain_name.h"

namespace messaging::files {
namespace {

constexpr std::size_t kMaxUrl = 2048;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

// Reads an escape, whose backslash was read, off `rest`. False: it is none.
bool take_escape(std::string_view& rest, std::string& out) {
  constexpr std::string_view kNames = "btnfr\"\\";
  constexpr std::string_view kMeant = "\b\t\n\f\r\"\\";
  if (rest.empty()) return false;
  const char name = rest.front();
  rest.remove_prefix(1);
  if (const auto at = kNames.find(name); at != std::string_view::npos) {
    out += kMeant[at];
    return true;
  }
  const std::size_t digits = name == 'u' ? 4 : name == 'U' ? 8 : 0;
  std::uint32_t code = 0;
  if (digits == 0 || rest.size() < digits) return false;
  const char* const end = rest.data() + digits;
  if (std::from_chars(rest.data(), end, code, 16).ptr != end || code > 0x10ffff) return false;
  rest.remove_prefix(digits);
  append_utf8(out, code);
  return true;
}

// A text in quotes, on one line.
std::optional<std::string> read_text(std::string_view value) {
  if (value.size() < 2) return std::nullopt;
  const char quote = value.front();
  if (quote != '"' && quote != '\'') return std::nullopt;
  value.remove_prefix(1);
  std::string out;
  while (!value.empty() && value.front() != quote) {
    const char c = value.front();
    value.remove_prefix(1);
    if (c == '\\' && quote == '"') {
      if (!take_escape(value, out)) return std::nullopt;
    } else {
      out += c;
    }
  }
  if (value.empty() || !base::is_utf8(out)) return std::nullopt;
  return out;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return base::trimmed(line);
}

}  // namespace

XdcManifest read_xdc_manifest(std::string_view toml) {
  XdcManifest manifest;
  if (toml.size() > kMaxXdcManifest || !base::is_utf8(toml)) return manifest;
  while (!toml.empty()) {
    const std::string_view line = take_line(toml);
    if (line.starts_with('[')) break;  // the members of tables are others'
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view key = base::trimmed(line.substr(0, equals));
    const std::string_view value = base::trimmed(line.substr(equals + 1));
    if (key == "name") {
      manifest.name = plain_name(read_text(value).value_or(""), kMaxLongName);
    } else if (key == "source_code_url") {
      manifest.source_code_url = read_text(value).value_or("");
      if (manifest.source_code_url.size() > kMaxUrl) manifest.source_code_url.clear();
    } else if (key == "min_api") {
      std::from_chars(value.data(), value.data() + value.size(), manifest.min_api);
    }
  }
  return manifest;
}

}  // namespace messaging::files
