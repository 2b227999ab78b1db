#include "gateway/auth/key_token.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "crypto/random.h"

namespace gateway {
namespace {

constexpr std::string_view kPrefix = "edge_";
constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kSecretLetters = 43;  // 32 bytes as base64url
constexpr std::size_t kSize = kPrefix.size() + kIdDigits + 1 + kSecretLetters;

crypto::Hash32 hash_of_key(std::string_view text) {
  static constexpr std::string_view kPurpose = "privitty-edge api key";
  return crypto::blake2b<32>(base::as_bytes(text), base::as_bytes(kPurpose));
}

}  // namespace

std::optional<KeyToken> parse_key_token(std::string_view text) {
  if (text.size() != kSize || !text.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = text.substr(kPrefix.size(), kIdDigits);
  const bool hex = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!hex || text[kPrefix.size() + kIdDigits] != '_') return std::nullopt;
  return KeyToken{std::string(id), hash_of_key(text)};
}

NewToken make_key_token() {
  NewToken out;
  out.token.id = crypto::hex_encode(crypto::random_array<kIdDigits / 2>());
  out.text = std::string(kPrefix) + out.token.id + "_" +
             crypto::base64url_encode(crypto::random_array<32>());
  out.token.hash = hash_of_key(out.text);
  return out;
}

}  // namespace gateway
