#include "base/wire.h"

namespace base {
namespace {

template <class T>
void put(Bytes& out, T v) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(v >> shift));
  }
}

template <class T>
T get(ByteView in) {
  T v = 0;
  for (std::uint8_t byte : in) v = static_cast<T>(static_cast<T>(v << 8) | byte);
  return v;
}

}  // namespace

WireWriter& WireWriter::u8(std::uint8_t v) {
  out_.push_back(v);
  return *this;
}
WireWriter& WireWriter::u16(std::uint16_t v) {
  put(out_, v);
  return *this;
}
WireWriter& WireWriter::u32(std::uint32_t v) {
  put(out_, v);
  return *this;
}
WireWriter& WireWriter::u64(std::uint64_t v) {
  put(out_, v);
  return *this;
}

WireWriter& WireWriter::fixed(ByteView bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  return *this;
}

WireWriter& WireWriter::bytes(ByteView bytes) {
  u32(static_cast<std::uint32_t>(bytes.size()));
  return fixed(bytes);
}

std::uint8_t WireReader::u8() {
  const ByteView in = fixed(1);
  return in.empty() ? std::uint8_t{0} : in[0];
}
std::uint16_t WireReader::u16() { return get<std::uint16_t>(fixed(2)); }
std::uint32_t WireReader::u32() { return get<std::uint32_t>(fixed(4)); }
std::uint64_t WireReader::u64() { return get<std::uint64_t>(fixed(8)); }

bool WireReader::boolean() {
  const std::uint8_t v = u8();
  if (v > 1) refuse();
  return v == 1;
}

ByteView WireReader::fixed(std::size_t size) {
  if (!ok_ || rest_.size() < size) {
    refuse();
    return {};
  }
  const ByteView out = rest_.first(size);
  rest_ = rest_.subspan(size);
  return out;
}

ByteView WireReader::bytes(std::size_t limit) {
  const std::size_t size = u32();
  if (size > limit) {
    refuse();
    return {};
  }
  return fixed(size);
}

std::string WireReader::text(std::size_t limit) {
  const std::string_view view = as_text(bytes(limit));
  if (!is_utf8(view)) {
    refuse();
    return {};
  }
  return std::string(view);
}

ByteView WireReader::rest() { return fixed(rest_.size()); }

}  // namespace base
