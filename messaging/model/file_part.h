// FilePart: a part of a file that is being sent, the body of an envelope of kind `part`.
//
//   part = version u8 (1) | transfer 16 | u32 index | u64 sealed size | its bytes
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/model/card.h"

namespace messaging {

struct FilePart {
  Uuid transfer{};
  std::uint32_t index = 0;
  std::uint64_t sealed_size = 0;
  base::ByteView bytes;
};
inline constexpr std::size_t kFilePart = 256 * 1024;
std::uint32_t part_count(std::uint64_t sealed_size);
inline constexpr std::size_t kFilePartHead = 1 + 16 + 4 + 8;  // before its bytes
void write_part_head(std::span<std::uint8_t, kFilePartHead> out, const Uuid& transfer,
                     std::uint32_t index, std::uint64_t sealed_size);
base::Bytes encode(const FilePart& part);
// Refused unless index and length match the size.
base::Result<FilePart> decode_part(base::ByteView bytes);

}  // namespace messaging
