// Writes saved session states: as base::WireWriter, into memory that wipes itself. Within this
// room.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/wiping.h"

namespace crypto {

class WipingWriter {
 public:
  explicit WipingWriter(std::size_t expected) { out_.reserve(expected); }

  WipingWriter& u8(std::uint8_t v) { return number(v, 1); }
  WipingWriter& u32(std::uint32_t v) { return number(v, 4); }
  WipingWriter& u64(std::uint64_t v) { return number(v, 8); }
  WipingWriter& fixed(base::ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  // u8 1 and the bytes, or u8 0 and as many zeros: the size reveals nothing and is easy to check.
  WipingWriter& optional(bool present, base::ByteView bytes, std::size_t size) {
    u8(present ? 1 : 0);
    if (present) return fixed(bytes);
    out_.insert(out_.end(), size, std::uint8_t{0});
    return *this;
  }
  WipingBytes take() { return std::move(out_); }

 private:
  WipingWriter& number(std::uint64_t v, int bytes) {
    for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) {
      out_.push_back(static_cast<std::uint8_t>(v >> shift));
    }
    return *this;
  }
  WipingBytes out_;
};

}  // namespace crypto
