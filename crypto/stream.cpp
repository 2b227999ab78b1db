#include "crypto/stream.h"

#include <algorithm>
#include <stdexcept>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

constexpr std::uint8_t kStreamVersion = 1;
constexpr std::size_t kPrefix = 19;
static_assert(kStreamHeader == 1 + kPrefix && aead::kNonce == kPrefix + 4 + 1);
static_assert(kChunkTag == aead::kTag);

// Whether the format allows this many bytes at this place.
bool fits(std::uint64_t index, bool last, std::size_t size) {
  if (index > 0xffffffff) return false;
  if (!last) return size == kChunk;
  return size <= kChunk && (size > 0 || index == 0);
}

}  // namespace

StreamHeader StreamHeader::generate() {
  StreamHeader out;
  random_bytes(out.bytes);
  out.bytes[0] = kStreamVersion;
  return out;
}

base::Result<StreamHeader> StreamHeader::parse(base::ByteView bytes) {
  if (bytes.size() != kStreamHeader || bytes[0] != kStreamVersion) return could_not_open();
  StreamHeader out;
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}

std::uint64_t chunk_count(std::uint64_t plain_size) {
  return plain_size == 0 ? 1 : (plain_size - 1) / kChunk + 1;
}

std::uint64_t sealed_size(std::uint64_t plain_size) {
  return kStreamHeader + plain_size + chunk_count(plain_size) * kChunkTag;
}

base::Result<std::uint64_t> plain_size(std::uint64_t sealed_size) {
  if (sealed_size < kStreamHeader + kChunkTag) return could_not_open();
  const std::uint64_t body = sealed_size - kStreamHeader;
  const std::uint64_t chunks = (body - 1) / kSealedChunk + 1;
  const std::uint64_t last = body - (chunks - 1) * kSealedChunk;
  if (last < kChunkTag || (last == kChunkTag && chunks > 1)) return could_not_open();
  if (chunks > (std::uint64_t{1} << 32)) return could_not_open();
  return body - chunks * kChunkTag;
}

std::uint64_t chunk_offset(std::uint64_t index) { return kStreamHeader + index * kSealedChunk; }

ChunkSealer::ChunkSealer(const StreamKey& key, const StreamHeader& header, base::ByteView ad)
    : key_(key.secret.clone()), header_(header) {
  ad_.reserve(1 + ad.size());
  ad_.push_back(header.bytes[0]);
  ad_.insert(ad_.end(), ad.begin(), ad.end());
}

std::array<std::uint8_t, 24> ChunkSealer::nonce(std::uint64_t index, bool last) const {
  std::array<std::uint8_t, 24> out{};
  std::copy_n(header_.bytes.begin() + 1, kPrefix, out.begin());
  for (std::size_t i = 0; i < 4; ++i) {
    out[kPrefix + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  }
  out[kPrefix + 4] = last ? 1 : 0;
  return out;
}

std::size_t ChunkSealer::seal_into(std::span<std::uint8_t> out, std::uint64_t index, bool last,
                                   base::ByteView plain) const {
  if (!fits(index, last, plain.size()) || out.size() < plain.size() + kChunkTag) {
    throw std::logic_error("a chunk of the file container has the wrong size for its place");
  }
  aead::seal(out.data(), plain, ad_, nonce(index, last).data(), key_.view());
  return plain.size() + kChunkTag;
}

base::Result<std::size_t> ChunkSealer::open_into(std::span<std::uint8_t> out, std::uint64_t index,
                                                 bool last, base::ByteView sealed) const {
  if (sealed.size() < kChunkTag || !fits(index, last, sealed.size() - kChunkTag) ||
      out.size() < sealed.size() - kChunkTag) {
    return could_not_open();
  }
  if (!aead::open(out.data(), sealed, ad_, nonce(index, last).data(), key_.view())) {
    return could_not_open();
  }
  return sealed.size() - kChunkTag;
}

base::Bytes ChunkSealer::seal(std::uint64_t index, bool last, base::ByteView plain) const {
  base::Bytes out(plain.size() + kChunkTag);
  seal_into(out, index, last, plain);
  return out;
}

base::Result<WipingBytes> ChunkSealer::open(std::uint64_t index, bool last,
                                            base::ByteView sealed) const {
  WipingBytes out(sealed.size() < kChunkTag ? 0 : sealed.size() - kChunkTag);
  EDGE_CHECK(open_into(out, index, last, sealed));
  return out;
}

}  // namespace crypto
