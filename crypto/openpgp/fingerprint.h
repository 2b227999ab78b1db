// Fingerprint: what a certificate is known by, 20 bytes for keys of version 4 and 32 for version 6.
//
// A value: cheap to copy, ordered, hashable by its bytes. It is public.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace crypto::openpgp {

class Fingerprint {
 public:
  Fingerprint() = default;  // of no key: zero bytes
  static constexpr std::size_t kV4Size = 20;
  static constexpr std::size_t kV6Size = 32;

  // Nothing for any other size.
  static std::optional<Fingerprint> from_bytes(base::ByteView bytes);
  // 40 or 64 hexadecimal digits of either case, nothing else between them.
  static std::optional<Fingerprint> from_hex(std::string_view digits);

  base::ByteView bytes() const { return {bytes_.data(), size_}; }
  // Upper case, as invite links and the passphrases of SecureJoin have it.
  std::string hex() const;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::array<std::uint8_t, kV6Size> bytes_{};  // zeros after size_
  std::uint8_t size_ = 0;
};

}  // namespace crypto::openpgp
