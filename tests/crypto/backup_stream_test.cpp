#include "crypto/backup_stream.h"

#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using base::Errc;
using crypto::BackupKey;
using crypto::BackupOpener;
using crypto::BackupSealer;
using crypto::kBackupChunk;
using crypto::kBackupHead;
using crypto::kBackupOverhead;
using crypto::kMinPassphraseCost;

namespace {

const BackupKey kKey = BackupKey::of_passphrase(as_bytes("correct horse"));

Bytes sealed_file(ByteView plain, const BackupKey& key = kKey) {
  auto sealer = BackupSealer::start(key, kMinPassphraseCost);
  REQUIRE(sealer);
  Bytes out = base::to_bytes(sealer->head());
  for (bool last = false; !last;) {
    const std::size_t size = std::min(plain.size(), kBackupChunk);
    last = size == plain.size();
    const Bytes chunk = sealer->seal(plain.first(size), last);
    out.insert(out.end(), chunk.begin(), chunk.end());
    plain = plain.subspan(size);
  }
  return out;
}

base::Result<Bytes> opened_file(ByteView file, const BackupKey& key = kKey) {
  EDGE_TRY(auto opener, BackupOpener::start(file.first(std::min(file.size(), kBackupHead)), key));
  ByteView rest = file.subspan(kBackupHead);
  Bytes out;
  while (!opener.ended()) {
    const std::size_t size = std::min(rest.size(), kBackupChunk + kBackupOverhead);
    EDGE_TRY(const auto plain, opener.open(rest.first(size)));
    out.insert(out.end(), plain.begin(), plain.end());
    rest = rest.subspan(size);
  }
  if (!rest.empty()) return base::fail(Errc::sealed, "it goes on");
  return out;
}

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return out;
}

}  // namespace

TEST_CASE("a backup stream of any size opens with its passphrase") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBackupChunk - 1, kBackupChunk,
                                 kBackupChunk + 1, 3 * kBackupChunk}) {
    const Bytes plain = pattern(size);
    const auto opened = opened_file(sealed_file(plain));
    REQUIRE(opened);
    CHECK(*opened == plain);
  }
}

TEST_CASE("a backup stream that is cut, changed, reordered or continued does not open") {
  const Bytes plain = pattern(2 * kBackupChunk + 100);
  const Bytes file = sealed_file(plain);
  const std::size_t chunk = kBackupChunk + kBackupOverhead;
  for (const std::size_t size :
       {kBackupHead, kBackupHead + 1, kBackupHead + chunk, kBackupHead + chunk + 1,
        kBackupHead + 2 * chunk, file.size() - 1}) {
    CHECK_FALSE(opened_file(ByteView(file).first(size)).has_value());
  }
  for (const std::size_t place :
       {std::size_t{16}, std::size_t{40}, kBackupHead, kBackupHead + chunk, file.size() - 1}) {
    Bytes changed = file;
    changed[place] ^= 1;
    CHECK_FALSE(opened_file(changed).has_value());
  }
  Bytes swapped(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(kBackupHead));
  const auto at = [&](std::size_t n) {
    return file.begin() + static_cast<std::ptrdiff_t>(kBackupHead + n * chunk);
  };
  swapped.insert(swapped.end(), at(1), at(2));
  swapped.insert(swapped.end(), at(0), at(1));
  swapped.insert(swapped.end(), at(2), file.end());
  CHECK_FALSE(opened_file(swapped).has_value());
  Bytes longer = file;
  longer.push_back(0);
  CHECK_FALSE(opened_file(longer).has_value());
}

TEST_CASE("a wrong passphrase and a damaged first chunk are one error; later damage is another") {
  const Bytes file = sealed_file(pattern(2 * kBackupChunk));
  const auto wrong = opened_file(file, BackupKey::of_passphrase(as_bytes("wrong")));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::sealed);
  Bytes damaged = file;
  damaged[kBackupHead] ^= 1;
  CHECK(opened_file(damaged).error() == wrong.error());
  damaged = file;
  damaged.back() ^= 1;
  CHECK(opened_file(damaged).error().message.find("passphrase") == std::string::npos);
}

TEST_CASE("a backup says which key it wants, and a newer one which version") {
  const Bytes plain = pattern(10);
  const Bytes open = sealed_file(plain, BackupKey{});
  CHECK(*opened_file(open, BackupKey{}) == plain);
  CHECK(opened_file(open).error().message.find("without a passphrase") != std::string::npos);
  const Bytes locked = sealed_file(plain);
  CHECK(opened_file(locked, BackupKey{}).error().code == Errc::invalid_argument);
  const Bytes key(32, 5);
  const BackupKey transfer = BackupKey::of_transfer(key);
  CHECK(*opened_file(sealed_file(plain, transfer), transfer) == plain);
  CHECK_FALSE(opened_file(sealed_file(plain, transfer)).has_value());
  CHECK_FALSE(opened_file(locked, transfer).has_value());

  Bytes newer = locked;
  newer[6] = 2;
  CHECK(opened_file(newer).error().code == Errc::forbidden);
  Bytes other = locked;
  other[0] = 'X';
  CHECK(opened_file(other).error().code == Errc::invalid_argument);
  CHECK(opened_file(ByteView(locked).first(20)).error().code == Errc::invalid_argument);
}

TEST_CASE("a backup cannot ask for more memory than a passphrase may cost") {
  Bytes file = sealed_file(pattern(10));
  file[12] = 0xff;  // memory: 4 TiB
  CHECK(opened_file(file).error().code == Errc::sealed);
}
