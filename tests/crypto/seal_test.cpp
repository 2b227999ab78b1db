#include "crypto/seal.h"

#include "crypto/keywrap.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using crypto::RecordKey;
using crypto::Secret;
using crypto_test::damage_accepted;
using crypto_test::is_mute;
using crypto_test::same;
using crypto_test::text_of;

TEST_CASE("a sealed record opens with its key at its place, and nowhere else") {
  const RecordKey key = RecordKey::generate();
  const Bytes sealed = crypto::seal(key, as_bytes("account/msgs/text/7"), as_bytes("hello"));
  CHECK(sealed.size() == 5 + crypto::kSealOverhead);
  const auto opened = crypto::open(key, as_bytes("account/msgs/text/7"), sealed);
  REQUIRE(opened);
  CHECK(text_of(*opened) == "hello");
  CHECK(is_mute(crypto::open(key, as_bytes("account/msgs/text/8"), sealed)));
  CHECK(is_mute(crypto::open(key, {}, sealed)));
  CHECK(is_mute(crypto::open(RecordKey::generate(), as_bytes("account/msgs/text/7"), sealed)));

  const auto empty = crypto::open(key, {}, crypto::seal(key, {}, {}));
  REQUIRE(empty);
  CHECK(empty->empty());
}

TEST_CASE("every truncation and every flipped bit of a sealed record is one mute error") {
  const RecordKey key = RecordKey::generate();
  const Bytes sealed = crypto::seal(key, as_bytes("place"), as_bytes("twelve bytes"));
  CHECK(damage_accepted(sealed, [&](ByteView damaged) {
          return is_mute(crypto::open(key, as_bytes("place"), damaged));
        }) == 0);
}

TEST_CASE("sealing the same twice gives different bytes") {
  const RecordKey key = RecordKey::generate();
  CHECK(crypto::seal(key, {}, as_bytes("x")) != crypto::seal(key, {}, as_bytes("x")));
}

TEST_CASE("derived keys differ by context and are the same each time") {
  const RecordKey key = RecordKey::generate();
  CHECK(key.derive(as_bytes("a")).secret() == key.derive(as_bytes("a")).secret());
  CHECK_FALSE(key.derive(as_bytes("a")).secret() == key.derive(as_bytes("b")).secret());
  CHECK_FALSE(key.derive({}).secret() == key.secret());
  CHECK_FALSE(key.derive({}).secret() == RecordKey::generate().derive({}).secret());
}

TEST_CASE("lookup hashes depend on key, label and value, and on where the label ends") {
  const RecordKey key = RecordKey::generate();
  const auto hash = crypto::lookup_hash(key, as_bytes("addr"), as_bytes("bob@shop"));
  CHECK(hash == crypto::lookup_hash(key, as_bytes("addr"), as_bytes("bob@shop")));
  CHECK(hash != crypto::lookup_hash(key, as_bytes("addr"), as_bytes("bob@shoq")));
  CHECK(hash != crypto::lookup_hash(key, as_bytes("name"), as_bytes("bob@shop")));
  CHECK(hash != crypto::lookup_hash(key, as_bytes("addrb"), as_bytes("ob@shop")));
  CHECK(hash != crypto::lookup_hash(RecordKey::generate(), as_bytes("addr"), as_bytes("bob@shop")));
}

TEST_CASE("a data key wrapped by a key file opens with that key file alone") {
  const Secret<32> data_key = Secret<32>::random();
  const Secret<32> file = Secret<32>::random();
  const Bytes blob = crypto::wrap_with_key(data_key, file);
  CHECK(blob.size() == 74);
  CHECK(crypto::wrap_kind(blob) == crypto::WrapKind::key_file);
  const auto opened = crypto::unwrap_with_key(blob, file);
  REQUIRE(opened);
  CHECK(*opened == data_key);
  CHECK(is_mute(crypto::unwrap_with_key(blob, Secret<32>::random())));
  CHECK(is_mute(crypto::unwrap_with_passphrase(blob, as_bytes("word"))));
  CHECK(damage_accepted(blob, [&](ByteView damaged) {
          return is_mute(crypto::unwrap_with_key(damaged, file));
        }) == 0);
}

TEST_CASE("a data key wrapped by a passphrase opens with that passphrase alone") {
  const Secret<32> data_key = Secret<32>::random();
  const auto blob =
      crypto::wrap_with_passphrase(data_key, as_bytes("correct horse"), crypto::kMinPassphraseCost);
  REQUIRE(blob);
  CHECK(blob->size() == 98);
  CHECK(crypto::wrap_kind(*blob) == crypto::WrapKind::passphrase);
  const auto opened = crypto::unwrap_with_passphrase(*blob, as_bytes("correct horse"));
  REQUIRE(opened);
  CHECK(*opened == data_key);
  CHECK(is_mute(crypto::unwrap_with_passphrase(*blob, as_bytes("correct horsf"))));
  CHECK(is_mute(crypto::unwrap_with_passphrase(*blob, {})));
  CHECK(is_mute(crypto::unwrap_with_key(*blob, data_key)));
  // A bound of 64 KiB keeps the flipped cost fields quick.
  const crypto::PassphraseCost most{.ops = 2, .memory_kib = 64};
  CHECK(damage_accepted(*blob, [&](ByteView damaged) {
          return is_mute(crypto::unwrap_with_passphrase(damaged, as_bytes("correct horse"), most));
        }) == 0);
}

TEST_CASE("a hostile wrapped key cannot ask for a hundred gigabytes") {
  const Secret<32> data_key = Secret<32>::random();
  Bytes blob =
      *crypto::wrap_with_passphrase(data_key, as_bytes("word"), crypto::kMinPassphraseCost);
  blob[6] = 0x06;  // the memory in KiB: 100 GiB and more
  CHECK(is_mute(crypto::unwrap_with_passphrase(blob, as_bytes("word"))));
  blob[6] = 0;
  blob[2] = 0xff;  // four thousand million passes
  CHECK(is_mute(crypto::unwrap_with_passphrase(blob, as_bytes("word"))));
}

TEST_CASE("an empty passphrase and a cost out of bounds are refused in words") {
  const Secret<32> data_key = Secret<32>::random();
  const auto empty = crypto::wrap_with_passphrase(data_key, {}, crypto::kMinPassphraseCost);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().message == "the passphrase is empty");
  CHECK_FALSE(crypto::wrap_with_passphrase(data_key, as_bytes("w"), {.ops = 0, .memory_kib = 8}));
  CHECK_FALSE(crypto::wrap_with_passphrase(data_key, as_bytes("w"), {.ops = 1, .memory_kib = 7}));
  CHECK_FALSE(
      crypto::wrap_with_passphrase(data_key, as_bytes("w"), {.ops = 1, .memory_kib = 2 << 20}));
}
