#include "messaging/mail/form/message_id.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace messaging::mail {
namespace {

constexpr std::string_view kHost = "@localhost";
constexpr std::size_t kUuidText = 36;
constexpr std::size_t kDashes[] = {8, 13, 18, 23};

std::string dashed(const Uuid& uuid) {
  std::string text = base::to_hex(uuid);
  for (const std::size_t at : kDashes) text.insert(at, 1, '-');
  return text;
}

std::optional<Uuid> plain_uuid(std::string_view message_id) {
  if (message_id.size() != kUuidText + kHost.size() || !message_id.ends_with(kHost)) return {};
  std::string digits(message_id.substr(0, kUuidText));
  std::erase(digits, '-');
  const auto bytes = base::from_hex(digits);
  Uuid uuid{};
  if (!bytes || bytes->size() != uuid.size()) return {};
  std::copy(bytes->begin(), bytes->end(), uuid.begin());
  // Another spelling of the same bytes (capitals, dashes elsewhere) is another id.
  if (dashed(uuid) != message_id.substr(0, kUuidText)) return {};
  return uuid;
}

bool is_id_character(char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; }

}  // namespace

bool is_message_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMessageId &&
         std::all_of(text.begin(), text.end(), is_id_character);
}

std::string message_id_of(const Uuid& uuid) { return dashed(uuid).append(kHost); }

Uuid uuid_of(std::string_view message_id) {
  const auto plain = plain_uuid(message_id);
  return plain ? *plain : crypto::blake2b<16>(base::as_bytes(message_id));
}

bool has_plain_uuid(std::string_view message_id) { return plain_uuid(message_id).has_value(); }

Uuid as_v4(Uuid random) {
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0f) | 0x40);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3f) | 0x80);
  return random;
}

std::vector<std::string> parse_message_ids(std::string_view value) {
  std::vector<std::string> ids;
  std::size_t at = 0;
  while (at < value.size() && ids.size() < kMaxMessageIds) {
    const std::size_t begin = value.find_first_not_of(" \t\r\n,<>", at);
    if (begin == std::string_view::npos) break;
    at = std::min(value.find_first_of(" \t\r\n,<>", begin), value.size());
    const std::string_view id = value.substr(begin, at - begin);
    if (is_message_id(id)) ids.emplace_back(id);
  }
  return ids;
}

std::string join_message_ids(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) {
    if (!out.empty()) out += ' ';
    out.append("<").append(id).append(">");
  }
  return out;
}

}  // namespace messaging::mail
