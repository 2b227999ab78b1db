// FileNote: describes a content's file, which is sent before the content, in parts (file_part.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/wire.h"
#include "crypto/wiping.h"
#include "messaging/model/card.h"

namespace messaging {

struct FileNote {
  std::string name;
  std::string media_type;
  std::uint64_t size = 0;  // of the plaintext
  std::uint64_t sealed_size = 0;
  Uuid transfer{};
  crypto::WipingArray<32> key;
  std::array<std::uint8_t, 32> hash{};  // BLAKE2b-256 of the sealed bytes
};

//   bool there | text name | text media type | u64 size | u64 sealed size | transfer 16 | key 32 |
//   hash 32
void write_file_note(base::WireWriter& out, const std::optional<FileNote>& file);
std::optional<FileNote> read_file_note(base::WireReader& in);

inline const FileNote* pointer_to(const std::optional<FileNote>& file) {
  return file ? &*file : nullptr;
}
inline FileNote* pointer_to(std::optional<FileNote>& file) { return file ? &*file : nullptr; }

}  // namespace messaging
