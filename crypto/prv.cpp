#include "crypto/prv.h"

#include <algorithm>
#include <stdexcept>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace crypto {
namespace {

// A byte that is no text, the name, and line ends: what a transfer in text mode would damage.
constexpr std::array<std::uint8_t, 8> kMagic{0x89, 'P', 'R', 'V', 0x0d, 0x0a, 0x1a, 0x0a};
constexpr std::uint8_t kPrvVersion = 1;
constexpr std::size_t kShareAt = kMagic.size() + 1 + 16;
constexpr std::size_t kStreamAt = kShareAt + 32;
constexpr std::size_t kSealedAt = kStreamAt + kStreamHeader;
constexpr std::size_t kPlainHeader = kPrvSealedHeader - kSealOverhead;
static_assert(kSealedAt + kPrvSealedHeader == kPrvHead);
static_assert(16 + 8 + 32 + 4 + kMaxPrvName + 4 + kMaxPrvMediaType <= kPlainHeader);

struct Keys {
  RecordKey header;
  StreamKey body;
};

Keys derive(const PrvId& id, base::ByteView file_share, const PrvShare& grant_share) {
  WipingBytes ikm(file_share.begin(), file_share.end());
  ikm.insert(ikm.end(), grant_share.begin(), grant_share.end());
  Secret<64> both;
  hkdf_sha256(ikm, id, base::as_bytes("privitty-edge prv v1"), both.mutable_view());
  return {RecordKey(Secret<32>(both.view().first<32>())),
          StreamKey{Secret<32>(both.view().last<32>())}};
}

base::Bytes write_header(const PrvId& id, const PrvHeader& header) {
  base::WireWriter out;
  out.fixed(id).u64(header.size).fixed(header.owner).text(header.name).text(header.media_type);
  base::Bytes bytes = out.take();
  bytes.resize(kPlainHeader);
  return bytes;
}

base::Result<PrvHeader> read_header(const PrvId& id, base::ByteView bytes) {
  base::WireReader in(bytes);
  PrvHeader header;
  const auto inner = in.array<16>();
  header.size = in.u64();
  header.owner = in.array<32>();
  header.name = in.text(kMaxPrvName);
  header.media_type = in.text(kMaxPrvMediaType);
  const base::ByteView zeros = in.rest();
  const bool clean = std::all_of(zeros.begin(), zeros.end(), [](auto b) { return b == 0; });
  if (!in.ok() || !clean || inner != id || header.name.empty()) return could_not_open();
  if (header.size > kMaxStreamPlain) return could_not_open();
  return header;
}

}  // namespace

PrvShare random_prv_share() {
  PrvShare share;
  random_bytes({share.data(), PrvShare::size()});
  return share;
}

bool looks_like_prv(base::ByteView start) {
  return start.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), start.begin());
}

base::Result<PrvOutside> PrvOutside::parse(base::ByteView head) {
  if (!looks_like_prv(head)) {
    return base::fail(base::Errc::invalid_argument, "not a protected file (.prv)");
  }
  if (head.size() < kPrvHead) {
    return base::fail(base::Errc::corrupt, "a protected file that was cut short");
  }
  if (head[kMagic.size()] != kPrvVersion) {
    return base::fail(base::Errc::invalid_argument,
                      "a protected file of a newer version; upgrade this gateway to open it");
  }
  PrvOutside outside;
  std::copy_n(head.begin() + kMagic.size() + 1, outside.id.size(), outside.id.begin());
  return outside;
}

std::uint64_t prv_size(std::uint64_t plain_size) {
  return kPrvHead + sealed_size(plain_size) - kStreamHeader;
}

std::uint64_t prv_chunk_offset(std::uint64_t index) { return kPrvHead + index * kSealedChunk; }

Prv Prv::create(const PrvId& id, const PrvShare& grant_share, PrvHeader header) {
  if (header.name.empty() || header.name.size() > kMaxPrvName ||
      header.media_type.size() > kMaxPrvMediaType || header.size > kMaxStreamPlain) {
    throw std::logic_error("a protected file's header does not fit its form");
  }
  const PrvShare file_share = random_prv_share();
  const StreamHeader stream = StreamHeader::generate();
  const Keys keys = derive(id, file_share.view(), grant_share);
  base::WireWriter out;
  out.fixed(kMagic).u8(kPrvVersion).fixed(id).fixed(file_share.view()).fixed(stream.bytes);
  base::Bytes head = out.take();
  const base::Bytes sealed = seal(keys.header, head, write_header(id, header));
  head.insert(head.end(), sealed.begin(), sealed.end());
  ChunkSealer chunks(keys.body, stream, blake2b<32>(head));
  return {id, std::move(header), std::move(head), std::move(chunks)};
}

base::Result<Prv> Prv::open(base::ByteView head, const PrvShare& grant_share,
                            std::uint64_t container_size) {
  if (head.size() != kPrvHead) return could_not_open();
  const auto outside = PrvOutside::parse(head);
  if (!outside) return could_not_open();
  EDGE_TRY(const StreamHeader stream, StreamHeader::parse(head.subspan(kStreamAt, kStreamHeader)));
  const Keys keys = derive(outside->id, head.subspan(kShareAt, 32), grant_share);
  EDGE_TRY(const auto plain,
           crypto::open(keys.header, head.first(kSealedAt), head.subspan(kSealedAt)));
  EDGE_TRY(PrvHeader header, read_header(outside->id, plain));
  if (container_size != prv_size(header.size)) return could_not_open();
  return Prv(outside->id, std::move(header), base::to_bytes(head),
             ChunkSealer(keys.body, stream, blake2b<32>(head)));
}

}  // namespace crypto
