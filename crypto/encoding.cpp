#include "crypto/encoding.h"

#include <sodium.h>

#include "crypto/wiping.h"

namespace crypto {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

constexpr std::size_t base64url_length(std::size_t bytes) { return (bytes * 4 + 2) / 3; }

std::optional<base::Bytes> filled(base::Bytes out, bool ok) {
  if (ok) return out;
  return std::nullopt;
}

}  // namespace

std::string hex_encode(base::ByteView bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();  // sodium writes a final NUL
  return out;
}

std::string hex_encode_upper(base::ByteView bytes) {
  std::string out = hex_encode(bytes);
  for (char& c : out) {
    // 'a'..'f' have the bit 0x40, digits do not: clear 0x20 where it is set, without a branch.
    c = static_cast<char>(c & ~((c & 0x40) >> 1));
  }
  return out;
}

std::string base64url_encode(base::ByteView bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), kVariant);
  out.pop_back();
  return out;
}

bool hex_decode_to(std::string_view text, std::span<std::uint8_t> out) {
  if (out.empty()) return text.empty();  // sodium takes no null, even for nothing
  std::size_t size = 0;
  const bool ok = text.size() == out.size() * 2 &&
                  sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size,
                                 nullptr) == 0 &&
                  size == out.size();
  if (!ok) wipe(out);
  return ok;
}

bool base64url_decode_to(std::string_view text, std::span<std::uint8_t> out) {
  if (out.empty()) return text.empty();  // sodium takes no null, even for nothing
  std::size_t size = 0;
  const bool ok = text.size() == base64url_length(out.size()) &&
                  sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr,
                                    &size, nullptr, kVariant) == 0 &&
                  size == out.size();
  if (!ok) wipe(out);
  return ok;
}

std::optional<base::Bytes> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  base::Bytes out(text.size() / 2);
  const bool ok = hex_decode_to(text, out);
  return filled(std::move(out), ok);
}

std::optional<base::Bytes> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;  // a length no encoding has
  base::Bytes out(text.size() * 3 / 4);
  const bool ok = base64url_decode_to(text, out);
  return filled(std::move(out), ok);
}

}  // namespace crypto
