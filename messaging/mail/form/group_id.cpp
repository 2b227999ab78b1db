#include "messaging/mail/form/group_id.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kShortest = 11;
constexpr std::size_t kLongest = 32;

bool is_id_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::optional<GroupId> plain_id(std::string_view text) {
  GroupId id{};
  if (!crypto::base64url_decode_to(text, id)) return std::nullopt;
  return id;
}

}  // namespace

bool is_group_id(std::string_view text) {
  return text.size() >= kShortest && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), is_id_letter);
}

std::string group_text(const GroupId& id) { return crypto::base64url_encode(id); }

GroupId group_id_of(std::string_view text) {
  const auto plain = plain_id(text);
  return plain ? *plain : crypto::blake2b<16>(base::as_bytes(text));
}

bool has_plain_group_id(std::string_view text) { return plain_id(text).has_value(); }

}  // namespace messaging::mail
