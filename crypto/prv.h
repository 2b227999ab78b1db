// The protected file, NAME.prv: a container that opens only with a second share of its key, which
// travels apart from it, in the grant. docs/file-format.md has it byte for byte.
//
//   prv    = head | chunk 0 | chunk 1 | … | last chunk
//   head   = magic 8 | version u8 (1) | file id 16 | file share 32 | stream header 20 | sealed 553
//   sealed = crypto/seal.h of 512 bytes: file id 16 | u64 size | owner's identity 32 | text name |
//            text media type | zeros; its associated data is the head before it
//   chunks = crypto/stream.h's, with BLAKE2b-256 of the whole head as associated data
//
//   header key 32 | body key 32 = HKDF-SHA-256(file share | grant share, salt = file id,
//                                              info = "privitty-edge prv v1")
//
// Both shares are 32 random bytes. Whoever has one of them knows nothing of the keys: the other's
// 256 bits are missing from the input key material (RFC 5869). HKDF rather than the exclusive or of
// the shares: with exclusive or, a party that holds one share and makes the other chooses the key.
// No I/O here; safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/stream.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kPrvSealedHeader = 512 + 41;
inline constexpr std::size_t kPrvHead = 8 + 1 + 16 + 32 + kStreamHeader + kPrvSealedHeader;
inline constexpr std::size_t kMaxPrvName = 255;
inline constexpr std::size_t kMaxPrvMediaType = 127;

using PrvId = std::array<std::uint8_t, 16>;
using PrvShare = WipingArray<32>;

PrvShare random_prv_share();

// What is sealed in the head.
struct PrvHeader {
  std::uint64_t size = 0;                // of the plaintext
  std::array<std::uint8_t, 32> owner{};  // the owner's identity
  std::string name;                      // 1 to 255 bytes of UTF-8
  std::string media_type;                // at most 127 bytes
};

// What anybody can read of a head. Errc::invalid_argument with what a person needs to know: not a
// protected file, or made by a newer version.
struct PrvOutside {
  PrvId id{};
  static base::Result<PrvOutside> parse(base::ByteView head);  // at least kPrvHead bytes
};
bool looks_like_prv(base::ByteView start);  // by the magic alone

std::uint64_t prv_size(std::uint64_t plain_size);
std::uint64_t prv_chunk_offset(std::uint64_t index);

// One protected file's head, opened or made, and what seals or opens its chunks.
class Prv {
 public:
  // Names and types over their limits are bugs and throw std::logic_error.
  static Prv create(const PrvId& id, const PrvShare& grant_share, PrvHeader header);
  // `head` is exactly kPrvHead bytes. Errc::sealed "could not open" for a wrong share, for damage
  // and for a container whose size is not the header's: a truncated one is refused here.
  static base::Result<Prv> open(base::ByteView head, const PrvShare& grant_share,
                                std::uint64_t container_size);

  const PrvId& id() const { return id_; }
  const PrvHeader& header() const { return header_; }
  const base::Bytes& head() const { return head_; }
  const ChunkSealer& chunks() const { return chunks_; }

 private:
  Prv(const PrvId& id, PrvHeader header, base::Bytes head, ChunkSealer chunks)
      : id_(id), header_(std::move(header)), head_(std::move(head)), chunks_(std::move(chunks)) {}
  PrvId id_;
  PrvHeader header_;
  base::Bytes head_;
  ChunkSealer chunks_;
};

}  // namespace crypto
