#include "messaging/model/file_part.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/stream.h"

namespace messaging {
namespace {

constexpr std::uint8_t kVersion = 1;

base::Error malformed() {
  return base::fail(base::Errc::invalid_argument, "malformed part of a file");
}

}  // namespace

std::uint32_t part_count(std::uint64_t sealed_size) {
  return static_cast<std::uint32_t>((sealed_size + kFilePart - 1) / kFilePart);
}

void write_part_head(std::span<std::uint8_t, kFilePartHead> out, const Uuid& transfer,
                     std::uint32_t index, std::uint64_t sealed_size) {
  base::WireWriter head;
  head.u8(kVersion).fixed(transfer).u32(index).u64(sealed_size);
  std::copy(head.view().begin(), head.view().end(), out.begin());
}

base::Bytes encode(const FilePart& part) {
  base::Bytes out(kFilePartHead + part.bytes.size());
  write_part_head(std::span(out).first<kFilePartHead>(), part.transfer, part.index,
                  part.sealed_size);
  std::copy(part.bytes.begin(), part.bytes.end(), out.begin() + kFilePartHead);
  return out;
}

base::Result<FilePart> decode_part(base::ByteView bytes) {
  base::WireReader in(bytes);
  FilePart part;
  if (in.u8() != kVersion) return malformed();
  part.transfer = in.array<16>();
  part.index = in.u32();
  part.sealed_size = in.u64();
  part.bytes = in.rest();
  if (!in.ok() || !crypto::plain_size(part.sealed_size)) return malformed();
  const std::uint64_t start = std::uint64_t{part.index} * kFilePart;
  if (start >= part.sealed_size) return malformed();
  const std::uint64_t expected = std::min<std::uint64_t>(kFilePart, part.sealed_size - start);
  if (part.bytes.size() != expected) return malformed();
  return part;
}

}  // namespace messaging
