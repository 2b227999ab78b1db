#include "crypto/envelope.h"

#include <sodium.h>

#include <set>

#include "crypto/agreement_count.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using crypto::EnvelopeTag;
using crypto::Identity;
using crypto_test::damage_accepted;
using crypto_test::is_mute;
using crypto_test::same;
using crypto_test::text_of;

namespace {

// An envelope whose inside is what a hostile sender likes.
Bytes seal_inside(const Identity& to, const Bytes& inside) {
  Bytes out(1 + inside.size() + crypto_box_curve25519xchacha20poly1305_SEALBYTES);
  out[0] = 1;
  REQUIRE(crypto_box_curve25519xchacha20poly1305_seal(out.data() + 1, inside.data(), inside.size(),
                                                      to.x25519_public().bytes.data()) == 0);
  return out;
}

}  // namespace

TEST_CASE("an envelope opens for its recipient alone and gives back kind, tag and body") {
  const Identity bob = Identity::generate();
  const EnvelopeTag tag = crypto::random_array<16>();
  const auto sealed = crypto::seal_envelope(bob.x25519_public(), 3, tag, as_bytes("body"));
  REQUIRE(sealed);
  const auto opened = crypto::open_envelope(bob, *sealed);
  REQUIRE(opened);
  CHECK(opened->kind == 3);
  CHECK(opened->tag == tag);
  CHECK(text_of(opened->body) == "body");
  CHECK(is_mute(crypto::open_envelope(Identity::generate(), *sealed)));
  CHECK(is_mute(crypto::open_envelope(bob, {})));
}

TEST_CASE("an envelope whose key was made beforehand opens as any, and its key seals no other") {
  const Identity bob = Identity::generate();
  const EnvelopeTag tag = crypto::random_array<16>();
  auto sealer = crypto::EnvelopeSealer::to(bob.x25519_public());
  REQUIRE(sealer);
  const std::uint64_t before = crypto::agreement_count();
  const auto sealed = sealer->seal(3, tag, as_bytes("body"));
  CHECK(crypto::agreement_count() == before);
  REQUIRE(sealed);
  CHECK(sealed->size() == crypto::envelope_size(4));
  const auto opened = crypto::open_envelope(bob, *sealed);
  REQUIRE(opened);
  CHECK(opened->kind == 3);
  CHECK(opened->tag == tag);
  CHECK(text_of(opened->body) == "body");
  CHECK(sealer->seal(3, tag, as_bytes("another")).error().code == base::Errc::internal);
  CHECK(crypto::EnvelopeSealer::to({}).error().code == base::Errc::invalid_argument);
}

TEST_CASE("every truncation and every flipped bit of an envelope is one mute error") {
  const Identity bob = Identity::generate();
  const Bytes sealed = *crypto::seal_envelope(bob.x25519_public(), 1, {}, as_bytes("body"));
  CHECK(damage_accepted(sealed, [&](ByteView damaged) {
          return is_mute(crypto::open_envelope(bob, damaged));
        }) == 0);
}

TEST_CASE("sizes are blurred: few distinct ones, small cost") {
  const Identity bob = Identity::generate();
  std::set<std::size_t> sizes;
  for (std::size_t size = 0; size < 2000; size += 7) {
    sizes.insert(crypto::seal_envelope(bob.x25519_public(), 1, {}, Bytes(size))->size());
  }
  CHECK(sizes.size() == 49);  // of 286 bodies
  for (std::size_t size = 257; size < 3'000'000; size = size * 21 / 20 + 1) {
    const std::size_t padded = crypto::padded_size(size);
    CHECK(padded >= size);
    CHECK(padded * 100 <= size * 112);
    CHECK(crypto::padded_size(padded) == padded);
  }
  CHECK(crypto::padded_size(0) == 256);
  CHECK(crypto::padded_size(257) == 272);    // E = 8, 4 bits kept: steps of 16
  CHECK(crypto::padded_size(1025) == 1088);  // E = 10: steps of 64
}

TEST_CASE("the largest body fits an envelope and one byte more is refused") {
  const Identity bob = Identity::generate();
  const auto sealed =
      crypto::seal_envelope(bob.x25519_public(), 1, {}, Bytes(crypto::kMaxEnvelopeBody, 5));
  REQUIRE(sealed);
  CHECK(sealed->size() <= crypto::kMaxEnvelope);
  CHECK(crypto::open_envelope(bob, *sealed)->body.size() == crypto::kMaxEnvelopeBody);
  const auto over =
      crypto::seal_envelope(bob.x25519_public(), 1, {}, Bytes(crypto::kMaxEnvelopeBody + 1));
  REQUIRE_FALSE(over);
  CHECK(over.error().code == base::Errc::too_large);
  CHECK(is_mute(crypto::open_envelope(bob, Bytes(crypto::kMaxEnvelope + 1, 1))));
}

TEST_CASE("a hostile inside is refused: lengths that lie, padding that is not ours") {
  const Identity bob = Identity::generate();
  Bytes inside(256);
  inside[20] = 10;
  REQUIRE(crypto::open_envelope(bob, seal_inside(bob, inside)));
  Bytes dirty = inside;
  dirty[255] = 1;
  CHECK(is_mute(crypto::open_envelope(bob, seal_inside(bob, dirty))));
  Bytes lying = inside;
  lying[17] = 0xff;
  CHECK(is_mute(crypto::open_envelope(bob, seal_inside(bob, lying))));
  lying[17] = 0;
  lying[20] = 236;  // one more than there is
  CHECK(is_mute(crypto::open_envelope(bob, seal_inside(bob, lying))));
  CHECK(is_mute(crypto::open_envelope(bob, seal_inside(bob, Bytes(272)))));  // too much padding
  CHECK(is_mute(crypto::open_envelope(bob, seal_inside(bob, Bytes(255)))));
}

TEST_CASE("an envelope's id is the hash of its bytes") {
  CHECK(crypto::envelope_id(as_bytes("abc")) == crypto::blake2b<32>(as_bytes("abc")));
}

TEST_CASE("an envelope to a key of low order is not made") {
  CHECK_FALSE(crypto::seal_envelope(crypto::X25519Public{}, 1, {}, as_bytes("body")));
}
