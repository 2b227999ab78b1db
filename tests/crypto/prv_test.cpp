#include "crypto/prv.h"

#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::Bytes;
using base::ByteView;
using crypto::kChunk;
using crypto::kPrvHead;
using crypto::Prv;
using crypto::PrvHeader;
using crypto::PrvShare;
using crypto_test::damage_accepted;
using crypto_test::is_mute;
using crypto_test::same;

namespace {

struct Sealed {
  PrvShare share = crypto::random_prv_share();
  Bytes bytes;
};

PrvHeader header_of(std::uint64_t size) {
  PrvHeader header;
  header.size = size;
  header.owner.fill(7);
  header.name = "report.csv";
  header.media_type = "text/csv";
  return header;
}

Sealed seal(const Bytes& plain) {
  Sealed out;
  const Prv prv = Prv::create(crypto::random_array<16>(), out.share, header_of(plain.size()));
  out.bytes = prv.head();
  const std::uint64_t count = crypto::chunk_count(plain.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i * kChunk);
    const Bytes chunk = prv.chunks().seal(
        i, i + 1 == count,
        ByteView(plain).subspan(at, std::min<std::size_t>(kChunk, plain.size() - at)));
    out.bytes.insert(out.bytes.end(), chunk.begin(), chunk.end());
  }
  return out;
}

base::Result<Bytes> open(ByteView whole, const PrvShare& share) {
  if (whole.size() < kPrvHead) return crypto::could_not_open();
  EDGE_TRY(const Prv prv, Prv::open(whole.first(kPrvHead), share, whole.size()));
  const std::uint64_t count = crypto::chunk_count(prv.header().size);
  Bytes out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(crypto::prv_chunk_offset(i));
    const auto size = std::min<std::size_t>(crypto::kSealedChunk, whole.size() - at);
    EDGE_TRY(const auto plain, prv.chunks().open(i, i + 1 == count, whole.subspan(at, size)));
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

TEST_CASE("protected files of every awkward size open to what was sealed") {
  for (const std::size_t size :
       std::array<std::size_t, 6>{0, 1, kChunk - 1, kChunk, kChunk + 1, 3 * kChunk}) {
    const Bytes plain = random_plain(size);
    const Sealed sealed = seal(plain);
    CHECK(sealed.bytes.size() == crypto::prv_size(size));
    const auto opened = open(sealed.bytes, sealed.share);
    REQUIRE(opened);
    CHECK(same(*opened, plain));
  }
}

TEST_CASE("a protected file's header says what was sealed") {
  const Sealed sealed = seal(random_plain(10));
  const auto prv =
      Prv::open(ByteView(sealed.bytes).first(kPrvHead), sealed.share, sealed.bytes.size());
  REQUIRE(prv);
  CHECK(prv->header().name == "report.csv");
  CHECK(prv->header().media_type == "text/csv");
  CHECK(prv->header().size == 10);
  CHECK(prv->header().owner[0] == 7);
  const auto outside = crypto::PrvOutside::parse(sealed.bytes);
  REQUIRE(outside);
  CHECK(outside->id == prv->id());
}

TEST_CASE("neither share of a protected file opens it without the other") {
  const Sealed a = seal(random_plain(100));
  const Sealed b = seal(random_plain(100));
  CHECK(is_mute(open(a.bytes, b.share)));
  CHECK(is_mute(open(a.bytes, PrvShare())));
  // The grant with another file's share in the container.
  Bytes swapped = a.bytes;
  std::copy_n(b.bytes.begin() + 25, 32, swapped.begin() + 25);
  CHECK(is_mute(open(swapped, a.share)));
}

TEST_CASE("every cut, every flipped bit and every byte more of a protected file is refused") {
  const Sealed sealed = seal(random_plain(40));
  CHECK(damage_accepted(sealed.bytes,
                        [&](ByteView form) { return !open(form, sealed.share).has_value(); }) == 0);
}

TEST_CASE("chunks of a protected file can be neither reordered nor spliced nor dropped") {
  const Bytes plain = random_plain(3 * kChunk + 5);
  const Sealed a = seal(plain);
  const Sealed b = seal(plain);
  const auto chunk = [](std::uint64_t i) {
    return static_cast<std::ptrdiff_t>(crypto::prv_chunk_offset(i));
  };
  Bytes swapped = a.bytes;
  std::swap_ranges(swapped.begin() + chunk(0), swapped.begin() + chunk(1),
                   swapped.begin() + chunk(1));
  CHECK(is_mute(open(swapped, a.share)));
  Bytes spliced = a.bytes;
  std::copy(b.bytes.begin() + chunk(1), b.bytes.begin() + chunk(2), spliced.begin() + chunk(1));
  CHECK(is_mute(open(spliced, a.share)));
  Bytes headed = a.bytes;  // the one's head before the other's body
  std::copy_n(b.bytes.begin(), kPrvHead, headed.begin());
  CHECK(is_mute(open(headed, b.share)));
  CHECK(is_mute(open(ByteView(a.bytes).first(static_cast<std::size_t>(chunk(3))), a.share)));
}

TEST_CASE("what is no protected file, or a newer one, gets an error of its own") {
  CHECK(crypto::PrvOutside::parse(Bytes(2000)).error().message == "not a protected file (.prv)");
  Bytes newer = seal({}).bytes;
  newer[8] = 2;
  CHECK(crypto::PrvOutside::parse(newer).error().message.find("newer") != std::string::npos);
  CHECK(crypto::PrvOutside::parse(ByteView(newer).first(100)).error().message.find("cut short") !=
        std::string::npos);
}
