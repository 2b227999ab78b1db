#include "crypto/openpgp/fingerprint.h"

#include <algorithm>

namespace crypto::openpgp {

std::optional<Fingerprint> Fingerprint::from_bytes(base::ByteView bytes) {
  if (bytes.size() != kV4Size && bytes.size() != kV6Size) return std::nullopt;
  Fingerprint out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  out.size_ = static_cast<std::uint8_t>(bytes.size());
  return out;
}

std::optional<Fingerprint> Fingerprint::from_hex(std::string_view digits) {
  if (digits.size() > 2 * kV6Size) return std::nullopt;
  const auto bytes = base::from_hex(digits);
  if (!bytes) return std::nullopt;
  return from_bytes(*bytes);
}

std::string Fingerprint::hex() const {
  std::string out = base::to_hex(bytes());
  for (char& c : out) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace crypto::openpgp
