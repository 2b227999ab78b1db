#include "tests/crypto/openpgp_people.h"
#include "tests/crypto/support.h"

using base::as_bytes;
using base::as_text;
using base::Bytes;
using base::ByteView;
using base::Errc;
using crypto::openpgp::Certificate;
using crypto::openpgp::Fingerprint;
using crypto::openpgp::merge;
using crypto::openpgp::SecretKey;
using openpgp_people::kNow;
using openpgp_people::open_by;
using openpgp_people::Person;
using openpgp_people::person;
using openpgp_people::seal_for;
using openpgp_people::vector_certificate;
using openpgp_people::vector_key;
using openpgp_people::vector_text;

TEST_CASE("a key has the form of Delta Chat's, and comes back as it was stored") {
  const Person alice = person("alice@example.org");
  CHECK(alice.key.fingerprint().bytes().size() == Fingerprint::kV4Size);
  CHECK(alice.certificate.fingerprint() == alice.key.fingerprint());
  CHECK(alice.certificate.info().address == "alice@example.org");
  CHECK(alice.certificate.info().relays == std::vector<std::string>{"alice@example.org"});
  CHECK(alice.certificate.info().created == kNow);
  CHECK(alice.certificate.info().can_encrypt);
  CHECK(alice.certificate.info().modern);
  CHECK_FALSE(alice.certificate.info().post_quantum);
  CHECK_FALSE(alice.certificate.info().revoked);

  const auto stored = alice.key.serialize();
  REQUIRE(stored);
  const auto again = SecretKey::read(*stored);
  REQUIRE(again);
  CHECK(again->fingerprint() == alice.key.fingerprint());
  const auto armored = alice.key.armored();
  REQUIRE(armored);
  CHECK(as_text(*armored).starts_with("-----BEGIN PGP PRIVATE KEY BLOCK-----"));
  REQUIRE(SecretKey::read(*armored));
  CHECK(open_by(seal_for(alice, alice.certificate, "x"), *again));

  const auto certificate = Certificate::read_stored(alice.certificate.bytes());
  REQUIRE(certificate);
  CHECK(certificate->bytes() == alice.certificate.bytes());
  CHECK(certificate->info().relays == alice.certificate.info().relays);
  REQUIRE(Certificate::read(alice.certificate.bytes()));
  CHECK(Certificate::read_stored(as_bytes("damaged")).error().code == Errc::corrupt);
}

TEST_CASE("fingerprints are read in both sizes and cases and written in capitals") {
  const std::string v4 = "0123456789abcdef0123456789ABCDEF01234567";
  const auto short_one = Fingerprint::from_hex(v4);
  REQUIRE(short_one);
  CHECK(short_one->hex() == "0123456789ABCDEF0123456789ABCDEF01234567");
  CHECK(Fingerprint::from_bytes(short_one->bytes()) == short_one);
  CHECK(Fingerprint::from_hex(std::string(64, 'a'))->bytes().size() == Fingerprint::kV6Size);
  for (const std::string& wrong : {std::string(), v4.substr(1), v4 + "0", v4.substr(2) + "zz"}) {
    CHECK_FALSE(Fingerprint::from_hex(wrong));
  }
  CHECK(Fingerprint().bytes().empty());
}

TEST_CASE("a certificate names all addresses, and an address is one") {
  const Person alice = person("alice@example.org");
  const std::vector<std::string> two{"alice@example.org", "a2@example.net"};
  const auto certificate = alice.key.certificate(two, kNow + 5);
  REQUIRE(certificate);
  CHECK(certificate->info().relays == two);
  CHECK(certificate->info().address == two.front());
  for (const std::string& wrong :
       {std::string(), std::string("alice"), std::string("@example.org"), std::string("a@"),
        std::string("a b@example.org"), std::string("a@b,c@d"), std::string("a@b>"),
        std::string("a@b\n"), std::string(250, 'a') + "@b.cd"}) {
    CHECK_FALSE(SecretKey::generate(wrong, kNow));
    const std::vector<std::string> addresses{"alice@example.org", wrong};
    CHECK_FALSE(alice.key.certificate(addresses, kNow));
  }
  CHECK_FALSE(alice.key.certificate({}, kNow));
}

TEST_CASE("no damaged certificate is another") {
  const Person alice = person("alice@example.org");
  int faults = 0;
  const auto refuses = [&](ByteView damaged) {
    const auto read = Certificate::read(damaged);
    if (!read && read.error().code == Errc::internal) ++faults;
    // What is not signed may change (the unhashed part of a signature), and whole packets at the
    // end may be missing; who it is and where to reach them is signed.
    return !read || (read->fingerprint() == alice.certificate.fingerprint() &&
                     (read->info().relays == alice.certificate.info().relays ||
                      read->info().relays.empty()));
  };
  CHECK(crypto_test::damage_accepted(alice.certificate.bytes(), refuses) == 0);
  CHECK(faults == 0);
}

TEST_CASE("merging takes the newest of both and adds a revocation for good") {
  const Person alice = person("alice@example.org");
  const std::vector<std::string> moved{"alice@example.net"};
  const auto newer = alice.key.certificate(moved, kNow + 100);
  REQUIRE(newer);
  for (const auto& [known, fresh] :
       {std::pair{alice.certificate, *newer}, std::pair{*newer, alice.certificate}}) {
    const auto merged = merge(known, fresh);
    REQUIRE(merged);
    CHECK(merged->fingerprint() == alice.key.fingerprint());
    CHECK(merged->info().relays == moved);
    CHECK(merged->info().address == moved.front());
    CHECK(merged->bytes().size() == newer->bytes().size());
    CHECK(open_by(seal_for(alice, *merged, "hello"), alice.key));
  }
  CHECK_FALSE(merge(alice.certificate, person("bob@example.org").certificate));

  const Certificate before = vector_certificate("before-revocation.asc");
  const Certificate revoked = vector_certificate("revoked.asc");
  CHECK(before.info().can_encrypt);
  CHECK(revoked.info().revoked);
  CHECK_FALSE(revoked.info().can_encrypt);
  const auto merged = merge(revoked, before);
  REQUIRE(merged);
  CHECK(merged->info().revoked);
  const Certificate* const recipients[] = {&*merged};
  const auto refused =
      crypto::openpgp::seal({.plaintext = as_bytes("x"), .recipients = recipients, .now = kNow});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find(revoked.fingerprint().hex()) != std::string::npos);
}

TEST_CASE("a subkey that is replaced every few days is used while it lasts") {
  const Person alice = person("alice@example.org");
  const Certificate rotating = vector_certificate("rotating.asc");
  const SecretKey second = vector_key("rotating-second-secret.asc");
  CHECK(open_by(seal_for(alice, rotating, "hello"), second));
  const Certificate* const recipients[] = {&rotating};
  const auto later = crypto::openpgp::seal(
      {.plaintext = as_bytes("hello"), .recipients = recipients, .now = kNow + 10 * 86'400});
  REQUIRE(later);
  CHECK(open_by(*later, second).error().code == Errc::sealed);
}

TEST_CASE("certificates outside the profile are refused before they are verified") {
  const Person alice = person("alice@example.org");
  const Bytes good = alice.certificate.bytes();
  const auto refused = [](ByteView data) {
    const auto read = Certificate::read(data);
    return read ? std::string("it was read") : read.error().message;
  };
  // The first packet: a header of two bytes, version, four bytes of time, algorithm.
  Bytes other = good;
  other[7] = 17;  // DSA
  CHECK(refused(other).find("algorithm") != std::string::npos);
  other = good;
  other[2] = 3;
  CHECK(refused(other).find("version") != std::string::npos);
  // Two keys in one, too many packets, too many bytes.
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  CHECK(refused(twice).find("more than one key") != std::string::npos);
  Bytes many = good;
  for (int i = 0; i < 500; ++i) many.insert(many.end(), {0xC0 | 60, 1, 0});
  CHECK(refused(many).find("too many packets") != std::string::npos);
  Bytes large = good;
  large.resize(Certificate::kMaxSize + 1);
  CHECK(Certificate::read(large).error().code == Errc::too_large);
  // A secret key is no certificate, and a certificate no secret key.
  CHECK_FALSE(Certificate::read(*alice.key.serialize()));
  CHECK_FALSE(Certificate::read(*alice.key.armored()));
  CHECK_FALSE(SecretKey::read(good));
}
