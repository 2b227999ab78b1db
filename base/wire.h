// WireWriter and WireReader: the binary form of everything we store sealed or send.
//
// Integers are big-endian; bytes and text are a u32 length and the bytes. The reader is for hostile
// input: it never reads past the end, every length is checked before anything is allocated, and
// after the first bad read all further reads fail too, so that a parser may read everything and ask
// ok() once. done() also refuses left-over bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace base {

class WireWriter {
 public:
  WireWriter& u8(std::uint8_t v);
  WireWriter& u16(std::uint16_t v);
  WireWriter& u32(std::uint32_t v);
  WireWriter& u64(std::uint64_t v);
  WireWriter& i64(std::int64_t v) { return u64(static_cast<std::uint64_t>(v)); }
  WireWriter& boolean(bool v) { return u8(v ? 1 : 0); }
  WireWriter& fixed(ByteView bytes);  // the bytes alone: their length is known to the reader
  WireWriter& bytes(ByteView bytes);  // u32 length, bytes
  WireWriter& text(std::string_view text) { return bytes(as_bytes(text)); }

  const Bytes& view() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

class WireReader {
 public:
  explicit WireReader(ByteView in) : rest_(in) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  bool boolean();                       // anything but 0 and 1 is bad
  ByteView fixed(std::size_t size);     // a view into the input
  ByteView bytes(std::size_t limit);    // at most `limit` bytes, a view into the input
  std::string text(std::size_t limit);  // must be UTF-8
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    const ByteView in = fixed(N);
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i];
    return out;
  }
  ByteView rest();  // all that is left

  std::size_t left() const { return rest_.size(); }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }
  void refuse() {
    ok_ = false;
    rest_ = {};
  }

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace base
