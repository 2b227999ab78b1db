#include "messaging/mail/form/key_header.h"

#include "base/ascii.h"
#include "base/unicode.h"
#include "messaging/mail/form/base64.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kKeyLine = 74;

}  // namespace

std::string autocrypt_value(const KeyNotice& notice) {
  std::string value = "addr=" + notice.addr;
  if (notice.mutual) value += "; prefer-encrypt=mutual";
  return value + "; keydata=" + base64_encode(notice.key, kKeyLine, " ");
}

std::optional<KeyNotice> read_autocrypt(std::string_view value) {
  KeyNotice notice;
  while (!value.empty()) {
    const std::size_t end = value.find(';');
    const std::string_view attribute = base::trimmed(value.substr(0, end));
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    if (attribute.empty()) continue;
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = base::lower_ascii(base::trimmed(attribute.substr(0, equals)));
    const std::string_view content = base::trimmed(attribute.substr(equals + 1));
    if (name == "addr") {
      notice.addr = content;
    } else if (name == "prefer-encrypt") {
      notice.mutual = content == "mutual";
    } else if (name == "keydata") {
      auto key = base64_decode(content, kMaxKey);
      if (!key) return std::nullopt;
      notice.key = std::move(*key);
    } else if (!name.starts_with('_')) {
      return std::nullopt;
    }
  }
  if (!is_address(notice.addr) || notice.key.empty()) return std::nullopt;
  return notice;
}

}  // namespace messaging::mail
