// The file container: a file of any size sealed in chunks, so that it is written, read and sought
// in constant memory (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption
// and its Nonce-Reuse Misuse-Resistance", 2015).
//
//   container = header | chunk 0 | chunk 1 | … | last chunk
//   header    = version u8 (1) | prefix 19, random                                       20 bytes
//   chunk     = XChaCha20-Poly1305 of up to 65536 bytes | tag 16
//   its nonce = prefix 19 | index u32 big-endian | last u8 (1 for the last chunk, else 0)
//   its associated data = version u8 | the caller's associated data
//
// Every chunk but the last holds exactly 65536 bytes; the last holds 1 to 65536, or none when it is
// also the first (an empty file). So a truncated, reordered, spliced or altered container does not
// open: each chunk proves its place, and the last one proves the end. No I/O here.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kChunk = 65536;
inline constexpr std::size_t kChunkTag = 16;
inline constexpr std::size_t kSealedChunk = kChunk + kChunkTag;
inline constexpr std::size_t kStreamHeader = 20;
inline constexpr std::uint64_t kMaxStreamPlain = std::uint64_t{kChunk} << 32;  // 256 TiB

// One key may seal many files; each has a random prefix.
struct StreamKey {
  Secret<32> secret;
  static StreamKey generate() { return {Secret<32>::random()}; }
  StreamKey clone() const { return {secret.clone()}; }
};

struct StreamHeader {
  std::array<std::uint8_t, kStreamHeader> bytes{};
  static StreamHeader generate();
  static base::Result<StreamHeader> parse(base::ByteView bytes);  // exactly kStreamHeader bytes
};

// How many chunks a plaintext of this size has: at least one.
std::uint64_t chunk_count(std::uint64_t plain_size);
// The size of the whole container.
std::uint64_t sealed_size(std::uint64_t plain_size);
// The way back; Errc::sealed for a size that no container has.
base::Result<std::uint64_t> plain_size(std::uint64_t sealed_size);
// Where sealed chunk i starts in the container.
std::uint64_t chunk_offset(std::uint64_t index);

// Seals or opens single chunks in any order. Sealing one index twice with different content under
// one header would repeat a nonce: seal a file once, front to back. Const use from several threads
// at once is safe.
class ChunkSealer {
 public:
  ChunkSealer(const StreamKey& key, const StreamHeader& header, base::ByteView ad = {});

  const StreamHeader& header() const { return header_; }
  // `plain` must have the size the format gives a chunk at this place (a wrong one is a bug and
  // throws std::logic_error).
  base::Bytes seal(std::uint64_t index, bool last, base::ByteView plain) const;
  base::Result<WipingBytes> open(std::uint64_t index, bool last, base::ByteView sealed) const;
  // The same into memory of the caller, which has room for it; the number of bytes.
  std::size_t seal_into(std::span<std::uint8_t> out, std::uint64_t index, bool last,
                        base::ByteView plain) const;
  base::Result<std::size_t> open_into(std::span<std::uint8_t> out, std::uint64_t index, bool last,
                                      base::ByteView sealed) const;

 private:
  std::array<std::uint8_t, 24> nonce(std::uint64_t index, bool last) const;
  Secret<32> key_;
  StreamHeader header_;
  base::Bytes ad_;
};

}  // namespace crypto
