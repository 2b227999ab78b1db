// room: crypto
// First byte, modulo 3: 0, the rest is a container for the header and chunk reader. 1, the rest is
// the plain header, sealed by a hostile owner who knows both shares. 2, the rest is the plaintext
// of a good container, which is cut and flipped where its first bytes say.
#include <cstdlib>

#include "crypto/hash.h"
#include "crypto/prv.h"
#include "crypto/seal.h"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

const crypto::PrvShare& share() {
  static const crypto::PrvShare kShare{};
  return kShare;
}

base::Result<base::Bytes> read_all(base::ByteView whole) {
  if (whole.size() < crypto::kPrvHead) return crypto::could_not_open();
  EDGE_TRY(const auto prv, crypto::Prv::open(whole.first(crypto::kPrvHead), share(), whole.size()));
  const std::uint64_t count = crypto::chunk_count(prv.header().size);
  base::Bytes out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(crypto::prv_chunk_offset(i));
    const auto size = std::min<std::size_t>(crypto::kSealedChunk, whole.size() - at);
    EDGE_TRY(const auto plain, prv.chunks().open(i, i + 1 == count, whole.subspan(at, size)));
    out.insert(out.end(), plain.begin(), plain.end());
  }
  return out;
}

// A head as a hostile owner makes it: right keys, any header.
base::Bytes hostile_head(base::ByteView header) {
  const crypto::Prv model = crypto::Prv::create({}, share(), {0, {}, "x", ""});
  base::Bytes head(model.head().begin(), model.head().begin() + 77);
  crypto::WipingBytes ikm(head.begin() + 25, head.begin() + 57);
  ikm.insert(ikm.end(), share().begin(), share().end());
  crypto::Secret<64> keys;
  crypto::hkdf_sha256(ikm, crypto::PrvId{}, base::as_bytes("privitty-edge prv v1"),
                      keys.mutable_view());
  const crypto::RecordKey key{crypto::Secret<32>(keys.view().first<32>())};
  base::Bytes plain = base::to_bytes(header);
  plain.resize(512);
  const base::Bytes sealed = crypto::seal(key, head, plain);
  head.insert(head.end(), sealed.begin(), sealed.end());
  return head;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView rest(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    (void)crypto::PrvOutside::parse(rest);
    const auto read = read_all(rest);
    if (!read) expect(read.error() == crypto::could_not_open());
    return 0;
  }
  if (data[0] % 3 == 1) {
    const base::Bytes head = hostile_head(rest);
    for (const std::uint64_t plain : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{70000}}) {
      const auto prv = crypto::Prv::open(head, share(), crypto::prv_size(plain));
      if (!prv) continue;
      expect(prv->header().size == plain && !prv->header().name.empty());
      expect(prv->header().name.size() <= crypto::kMaxPrvName);
    }
    return 0;
  }
  crypto::PrvHeader header;
  header.size = rest.size();
  header.name = "n";
  const crypto::Prv prv = crypto::Prv::create({}, share(), header);
  base::Bytes whole = prv.head();
  if (rest.size() > crypto::kChunk) return 0;
  const base::Bytes chunk = prv.chunks().seal(0, true, rest);
  whole.insert(whole.end(), chunk.begin(), chunk.end());
  const auto good = read_all(whole);
  expect(good.has_value() && *good == base::to_bytes(rest));
  if (rest.size() < 3) return 0;
  const std::size_t place = (std::size_t{rest[0]} << 8 | rest[1]) % whole.size();
  expect(!read_all(base::ByteView(whole).first(place)).has_value());
  whole[place] ^= static_cast<std::uint8_t>(rest[2] == 0 ? 1 : rest[2]);
  expect(!read_all(whole).has_value());
  return 0;
}
