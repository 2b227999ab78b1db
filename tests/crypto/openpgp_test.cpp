#include "crypto/openpgp/openpgp.h"

#include "tests/support/catch.h"

using base::as_bytes;
using base::as_text;
using base::Bytes;
using base::ByteView;
using base::Errc;
using crypto::openpgp::Certificate;
using crypto::openpgp::Fingerprint;
using crypto::openpgp::SecretKey;

namespace {

constexpr crypto::openpgp::UnixSeconds kNow = 1'800'000'000;

// Somebody with a key and its certificate.
struct Person {
  SecretKey key;
  Certificate certificate;
};

Person person(const std::string& address) {
  auto key = SecretKey::generate(address, kNow);
  REQUIRE(key);
  const std::vector<std::string> addresses{address};
  auto certificate = key->certificate(addresses, kNow);
  REQUIRE(certificate);
  return {std::move(*key), std::move(*certificate)};
}

std::string sealed(const Person& from, const Person& to, std::string_view text) {
  const Certificate* const recipients[] = {&from.certificate, &to.certificate};
  auto out = crypto::openpgp::seal(
      {.plaintext = as_bytes(text), .recipients = recipients, .signer = &from.key, .now = kNow});
  REQUIRE(out);
  return *out;
}

base::Result<crypto::openpgp::Opened> opened(std::string_view mail, const Person& by) {
  const SecretKey* const keys[] = {&by.key};
  return crypto::openpgp::open(as_bytes(mail), keys, {});
}

}  // namespace

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

  const auto certificate = Certificate::read_stored(alice.certificate.bytes());
  REQUIRE(certificate);
  CHECK(certificate->bytes() == alice.certificate.bytes());
  REQUIRE(Certificate::read(alice.certificate.bytes()));
}

TEST_CASE("a mail is opened by each recipient and by nobody else, and its signer is known") {
  const Person alice = person("alice@example.org");
  const Person bob = person("bob@example.org");
  const Person eve = person("eve@example.org");
  const std::string mail = sealed(alice, bob, "hello");
  CHECK(mail.starts_with("-----BEGIN PGP MESSAGE-----\r\n"));
  CHECK(mail.find("\r\r") == std::string::npos);
  for (std::size_t i = 0; i < mail.size(); ++i) {
    if (mail[i] == '\n') REQUIRE(mail[i - 1] == '\r');
  }

  for (const Person* reader : {&alice, &bob}) {
    const auto got = opened(mail, *reader);
    REQUIRE(got);
    CHECK(as_text(got->plaintext()) == "hello");
    CHECK(got->by_key() == 0);
    CHECK_FALSE(got->by_passphrase());
    CHECK(got->is_signed());
    CHECK(got->issuer_fingerprint() == alice.key.fingerprint());
    const auto signature = got->verify(alice.certificate, kNow);
    REQUIRE(signature);
    CHECK(signature->created == kNow);
    CHECK(signature->recipients == std::vector{alice.key.fingerprint(), bob.key.fingerprint()});
    CHECK_FALSE(got->verify(bob.certificate, kNow));
    CHECK_FALSE(got->verify(eve.certificate, kNow));
  }
  const auto refused = opened(mail, eve);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::sealed);
}

TEST_CASE("a mail is sealed and opened by a passphrase") {
  const Person alice = person("alice@example.org");
  const auto mail = crypto::openpgp::seal_symmetric({.plaintext = as_bytes("Secure-Join"),
                                                     .passphrase = as_bytes("securejoin/AB/cd"),
                                                     .signer = &alice.key,
                                                     .now = kNow});
  REQUIRE(mail);
  const ByteView wrong[] = {as_bytes("another")};
  CHECK(crypto::openpgp::open(as_bytes(*mail), {}, wrong).error().code == Errc::sealed);
  const ByteView right[] = {as_bytes("another"), as_bytes("securejoin/AB/cd")};
  const auto got = crypto::openpgp::open(as_bytes(*mail), {}, right);
  REQUIRE(got);
  CHECK(as_text(got->plaintext()) == "Secure-Join");
  CHECK(got->by_passphrase() == 1);
  CHECK_FALSE(got->by_key());
  const auto signature = got->verify(alice.certificate, kNow);
  REQUIRE(signature);
  CHECK(signature->recipients.empty());
}
