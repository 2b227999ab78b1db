#include "messaging/mail/form/header_values.h"

#include <algorithm>
#include <utility>

#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/message_id.h"

namespace messaging::mail {

std::string name_header(const MimePart& part, std::string_view name, std::size_t most) {
  const MimeHeader* const header = part.header(name);
  return header == nullptr ? std::string() : plain_name(header->decoded(), most);
}

std::string id_header(const MimePart& part, std::string_view name) {
  auto ids = parse_message_ids(part.value(name));
  return ids.empty() ? std::string() : std::move(ids.front());
}

std::string word_header(const MimePart& part, std::string_view name, std::size_t most) {
  const std::string_view value = base::trimmed(part.value(name));
  const bool plain = value.size() <= most && std::all_of(value.begin(), value.end(), [](char c) {
                       return c > ' ' && c < 0x7f;
                     });
  return plain ? std::string(value) : std::string();
}

std::int64_t time_header(const MimePart& part, std::string_view name) {
  return number_within<std::int64_t>(part.value(name), std::int64_t{1} << 40);
}

std::vector<std::string_view> words_of(std::string_view value, std::size_t most) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (words.size() < most) {
    const std::size_t begin = value.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    at = std::min(value.find_first_of(" \t", begin), value.size());
    words.push_back(value.substr(begin, at - begin));
  }
  return words;
}

std::optional<MailPicture> picture_header(const MimePart& part, std::string_view name) {
  const std::string_view value = base::trimmed(part.value(name));
  constexpr std::string_view kForm = "base64:";
  if (value == "0") return MailPicture();
  if (!value.starts_with(kForm)) return std::nullopt;
  auto bytes = base64_decode(value.substr(kForm.size()), kMaxPicture);
  if (!bytes || bytes->empty()) return std::nullopt;
  return MailPicture{std::move(*bytes)};
}

std::string text_within(std::string text, std::size_t most) {
  std::erase(text, '\0');
  if (text.size() <= most) return text;
  while (most > 0 && (text[most] & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

}  // namespace messaging::mail
