#include "gateway/http/disposition.h"

#include "base/bytes.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxName = 255;

bool is_attr_char(char c) {  // RFC 8187
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view cut(std::string_view name) {
  if (name.size() <= kMaxName) return name;
  std::size_t size = kMaxName;
  while (size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U) --size;
  return name.substr(0, size);
}

std::string disposition(std::string_view how, std::string_view name) {
  std::string safe;
  for (const char c : cut(base::is_utf8(name) ? name : std::string_view("file"))) {
    const auto u = static_cast<unsigned char>(c);
    const bool bad = u < 0x20 || u == 0x7f || c == '/' || c == '\\' || c == '"';
    safe.push_back(bad ? '_' : c);
  }
  // A name of dots alone means a folder, and a leading dot hides the file.
  if (!safe.empty() && safe.front() == '.') safe.front() = '_';
  if (safe.empty()) safe = "file";

  std::string plain;
  std::string escaped;
  bool ascii = true;
  for (const char c : safe) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80) {
      plain.push_back(c);
    } else if (ascii = false; (u & 0xC0U) != 0x80U) {
      plain.push_back('_');  // one for each character, not for each byte
    }
    if (is_attr_char(c)) {
      escaped.push_back(c);
    } else {
      static constexpr char kHex[] = "0123456789ABCDEF";
      escaped.push_back('%');
      escaped.push_back(kHex[u >> 4U]);
      escaped.push_back(kHex[u & 15U]);
    }
  }
  // A percent sign in the plain form is decoded by some browsers: then only the exact form is sent.
  std::string out = std::string(how) + "; filename=\"";
  for (const char c : plain) out.push_back(c == '%' ? '_' : c);
  out += '"';
  if (!ascii || plain.find('%') != std::string::npos) out += "; filename*=UTF-8''" + escaped;
  return out;
}

}  // namespace

std::string attachment_disposition(std::string_view name) {
  return disposition("attachment", name);
}

std::string inline_disposition(std::string_view name) { return disposition("inline", name); }

}  // namespace gateway
