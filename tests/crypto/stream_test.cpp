#include "crypto/stream.h"

#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using crypto::ChunkSealer;
using crypto::kChunk;
using crypto::StreamHeader;
using crypto::StreamKey;
using crypto_test::damage_accepted;
using crypto_test::is_mute;
using crypto_test::same;

namespace {

Bytes seal_file(const StreamKey& key, const Bytes& plain, ByteView ad = {}) {
  const ChunkSealer sealer(key, StreamHeader::generate(), ad);
  Bytes out(sealer.header().bytes.begin(), sealer.header().bytes.end());
  const std::uint64_t count = crypto::chunk_count(plain.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i * kChunk);
    const Bytes chunk =
        sealer.seal(i, i + 1 == count,
                    ByteView(plain).subspan(at, std::min<std::size_t>(kChunk, plain.size() - at)));
    out.insert(out.end(), chunk.begin(), chunk.end());
  }
  return out;
}

// What a reader does: the number of chunks follows from the size, and each must open.
base::Result<Bytes> open_file(const StreamKey& key, const Bytes& sealed, ByteView ad = {}) {
  EDGE_TRY(const std::uint64_t size, crypto::plain_size(sealed.size()));
  EDGE_TRY(const StreamHeader header, StreamHeader::parse(ByteView(sealed).first(20)));
  const ChunkSealer sealer(key, header, ad);
  const std::uint64_t count = crypto::chunk_count(size);
  Bytes out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(crypto::chunk_offset(i));
    const std::size_t length = std::min<std::size_t>(crypto::kSealedChunk, sealed.size() - at);
    EDGE_TRY(const auto plain,
             sealer.open(i, i + 1 == count, ByteView(sealed).subspan(at, length)));
    out.insert(out.end(), plain.begin(), plain.end());
  }
  return out;
}

Bytes random_plain(std::size_t size) {
  Bytes out(size);
  crypto::random_bytes(out);
  return out;
}

}  // namespace

TEST_CASE("files of every awkward size open to what was sealed") {
  const StreamKey key = StreamKey::generate();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1,
                                 2 * kChunk, 3 * kChunk + 100}) {
    INFO(size);
    const Bytes plain = random_plain(size);
    const Bytes sealed = seal_file(key, plain, as_bytes("blob 7"));
    CHECK(sealed.size() == crypto::sealed_size(size));
    CHECK(*crypto::plain_size(sealed.size()) == size);
    const auto opened = open_file(key, sealed, as_bytes("blob 7"));
    REQUIRE(opened);
    CHECK(*opened == plain);
    CHECK(is_mute(open_file(key, sealed, as_bytes("blob 8"))));
    CHECK(is_mute(open_file(StreamKey::generate(), sealed, as_bytes("blob 7"))));
  }
}

TEST_CASE("the size of a container gives the size of the file and back, or is refused") {
  int containers = 0;
  for (std::uint64_t sealed = 0; sealed < 2 * crypto::kSealedChunk + 200; ++sealed) {
    const auto plain = crypto::plain_size(sealed);
    if (!plain) continue;
    ++containers;
    if (crypto::sealed_size(*plain) != sealed) FAIL(sealed);
  }
  // Sizes 0 to 2 chunks and what follows of a third: none missing, none double.
  CHECK(containers == 2 * static_cast<int>(kChunk) + 1 + 200 - 20 - 16 - 1);
  CHECK_FALSE(crypto::plain_size(0));
  CHECK_FALSE(crypto::plain_size(35));
  CHECK_FALSE(crypto::plain_size(crypto::chunk_offset(1) + 16));  // an empty second chunk
  CHECK(*crypto::plain_size(crypto::sealed_size(crypto::kMaxStreamPlain)) ==
        crypto::kMaxStreamPlain);
  CHECK_FALSE(crypto::plain_size(crypto::sealed_size(crypto::kMaxStreamPlain + 1)));
  CHECK_FALSE(crypto::plain_size(UINT64_MAX));
}

TEST_CASE("chunks open in any order") {
  const StreamKey key = StreamKey::generate();
  const ChunkSealer sealer(key, StreamHeader::generate());
  const Bytes a = random_plain(kChunk);
  const Bytes b = random_plain(10);
  const Bytes sealed_a = sealer.seal(0, false, a);
  const Bytes sealed_b = sealer.seal(1, true, b);
  CHECK(same(*sealer.open(1, true, sealed_b), b));
  CHECK(same(*sealer.open(0, false, sealed_a), a));
}

TEST_CASE("a container cut at a chunk's end is refused") {
  const StreamKey key = StreamKey::generate();
  const Bytes sealed = seal_file(key, random_plain(3 * kChunk));
  for (std::uint64_t chunks = 1; chunks < 3; ++chunks) {
    Bytes cut = sealed;
    cut.resize(static_cast<std::size_t>(crypto::chunk_offset(chunks)));
    CHECK(is_mute(open_file(key, cut)));
  }
}

TEST_CASE("reordered, doubled and spliced chunks are refused") {
  const StreamKey key = StreamKey::generate();
  const ChunkSealer one(key, StreamHeader::generate());
  const ChunkSealer two(key, StreamHeader::generate());
  const Bytes plain = random_plain(kChunk);
  const Bytes sealed = one.seal(0, false, plain);
  REQUIRE(one.open(0, false, sealed));
  CHECK(is_mute(one.open(1, false, sealed)));
  CHECK(is_mute(one.open(std::uint64_t{1} << 32, false, sealed)));  // the index does not wrap
  CHECK(is_mute(one.open(0, true, sealed)));
  CHECK(is_mute(two.open(0, false, sealed)));  // the same key, another file
  const Bytes last = one.seal(1, true, plain);
  CHECK(is_mute(one.open(1, false, last)));
  CHECK(is_mute(one.open(0, true, last)));
}

TEST_CASE("every truncation and every flipped bit of a chunk is one mute error") {
  const StreamKey key = StreamKey::generate();
  const ChunkSealer sealer(key, StreamHeader::generate());
  const Bytes sealed = sealer.seal(3, true, random_plain(20));
  CHECK(damage_accepted(
            sealed, [&](ByteView damaged) { return is_mute(sealer.open(3, true, damaged)); }) == 0);
  const Bytes whole = seal_file(key, random_plain(30));
  CHECK(damage_accepted(whole, [&](ByteView damaged) {
          return is_mute(open_file(key, base::to_bytes(damaged)));
        }) == 0);
}

TEST_CASE("a chunk of the wrong size for its place is a bug on our side") {
  const ChunkSealer sealer(StreamKey::generate(), StreamHeader::generate());
  CHECK_THROWS(sealer.seal(0, false, Bytes(kChunk - 1)));
  CHECK_THROWS(sealer.seal(0, true, Bytes(kChunk + 1)));
  CHECK_THROWS(sealer.seal(1, true, {}));
  CHECK_THROWS(sealer.seal(std::uint64_t{1} << 32, true, Bytes(1)));
}
