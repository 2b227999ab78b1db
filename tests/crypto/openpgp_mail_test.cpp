#include <cstdio>

#include "tests/crypto/openpgp_people.h"
#include "tests/crypto/support.h"

using base::as_bytes;
using base::as_text;
using base::Bytes;
using base::ByteView;
using base::Errc;
using crypto::openpgp::Certificate;
using crypto::openpgp::Fingerprint;
using crypto::openpgp::SecretKey;
using openpgp_people::binary_of;
using openpgp_people::kNow;
using openpgp_people::open_by;
using openpgp_people::Person;
using openpgp_people::person;
using openpgp_people::post_quantum_person;
using openpgp_people::seal_for;
using openpgp_people::vector_certificate;
using openpgp_people::vector_key;
using openpgp_people::vector_text;

TEST_CASE("a mail is opened by each recipient and by nobody else, and its signer is known") {
  const Person alice = person("alice@example.org");
  const Person bob = person("bob@example.org");
  const Person eve = person("eve@example.org");
  const std::string mail = seal_for(alice, bob.certificate, "hello");
  CHECK(mail.starts_with("-----BEGIN PGP MESSAGE-----\r\n"));
  CHECK(mail.ends_with("-----END PGP MESSAGE-----\r\n"));
  CHECK(mail.find("\r\r") == std::string::npos);
  for (std::size_t i = 0; i < mail.size(); ++i) {
    if (mail[i] == '\n') REQUIRE(mail[i - 1] == '\r');
  }

  for (const Person* reader : {&alice, &bob}) {
    const auto got = open_by(mail, reader->key);
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
  const auto refused = open_by(mail, eve.key);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::sealed);
}

TEST_CASE("a mail hides its recipients and has the packets that relays accept") {
  const Person alice = person("alice@example.org");
  const Person bob = person("bob@example.org");
  const Bytes mail = binary_of(seal_for(alice, bob.certificate, "hello"));
  // Two PKESK of version 6 for nobody (0), algorithm 18; then SEIPD version 2: AES-128, OCB, 8 KiB.
  std::size_t at = 0;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(mail[at] == (0xC0 | 1));
    REQUIRE(mail[at + 1] < 192);
    CHECK(mail[at + 2] == 6);
    CHECK(mail[at + 3] == 0);
    CHECK(mail[at + 4] == 18);
    at += 2U + mail[at + 1];
  }
  REQUIRE(mail[at] == (0xC0 | 18));
  const std::size_t body = at + (mail[at + 1] < 192 || mail[at + 1] >= 224 ? 2 : 3);
  CHECK(mail[body] == 2);
  CHECK(mail[body + 1] == 7);
  CHECK(mail[body + 2] == 2);
  CHECK(mail[body + 3] == 7);
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
  CHECK(crypto::openpgp::seal_symmetric({.plaintext = as_bytes("x"), .passphrase = {}})
            .error()
            .code == Errc::invalid_argument);
}

TEST_CASE("a mail without a signature, and one that names nobody, are distinguished") {
  const Person alice = person("alice@example.org");
  const Certificate* const recipients[] = {&alice.certificate};
  const auto unsigned_mail = crypto::openpgp::seal(
      {.plaintext = as_bytes("hello"), .recipients = recipients, .now = kNow, .compress = false});
  REQUIRE(unsigned_mail);
  const auto opened = open_by(*unsigned_mail, alice.key);
  REQUIRE(opened);
  CHECK_FALSE(opened->is_signed());
  CHECK_FALSE(opened->issuer_fingerprint());
  CHECK_FALSE(opened->verify(alice.certificate, kNow));

  const auto nobody = crypto::openpgp::seal({.plaintext = as_bytes("hello"),
                                             .recipients = recipients,
                                             .signer = &alice.key,
                                             .now = kNow,
                                             .name_recipients = false});
  REQUIRE(nobody);
  const auto got = open_by(*nobody, alice.key);
  REQUIRE(got);
  const auto signature = got->verify(alice.certificate, kNow);
  REQUIRE(signature);
  CHECK(signature->recipients.empty());
}

TEST_CASE("peers with keys of version 6 and ML-KEM write and read") {
  const Person alice = person("alice@example.org");
  const Person peer = post_quantum_person();
  CHECK(peer.key.fingerprint().bytes().size() == Fingerprint::kV6Size);
  CHECK(peer.certificate.info().post_quantum);
  CHECK(peer.certificate.info().address.empty());
  CHECK(peer.certificate.info().relays == std::vector<std::string>{"pq@example.org"});

  const std::string to_peer = seal_for(alice, peer.certificate, "to the peer");
  const auto at_peer = open_by(to_peer, peer.key);
  REQUIRE(at_peer);
  CHECK(at_peer->verify(alice.certificate, kNow));
  const std::string to_alice = seal_for(peer, alice.certificate, "to alice");
  const auto at_alice = open_by(to_alice, alice.key);
  REQUIRE(at_alice);
  CHECK(at_alice->issuer_fingerprint() == peer.key.fingerprint());
  const auto signature = at_alice->verify(peer.certificate, kNow);
  REQUIRE(signature);
  CHECK(signature->recipients == std::vector{peer.key.fingerprint(), alice.key.fingerprint()});
  CHECK_FALSE(at_alice->verify(alice.certificate, kNow));
}

TEST_CASE("one peer that does not announce SEIPD version 2 gets the older form, as do all") {
  const Person alice = person("alice@example.org");
  const Certificate old = vector_certificate("old.asc");
  CHECK_FALSE(old.info().modern);
  const std::string mail = seal_for(alice, old, "hello");
  const Bytes packets = binary_of(mail);
  // PKESK of version 3 for the key id 0.
  CHECK(packets[2] == 3);
  CHECK(std::all_of(packets.begin() + 3, packets.begin() + 11, [](auto b) { return b == 0; }));
  const SecretKey peer = vector_key("old-secret.asc");
  for (const SecretKey* key : {&alice.key, &peer}) {
    const auto opened = open_by(mail, *key);
    REQUIRE(opened);
    CHECK(as_text(opened->plaintext()) == "hello");
    CHECK(opened->verify(alice.certificate, kNow));
  }
  // What was changed is seen in this form, too.
  Bytes damaged = packets;
  damaged[damaged.size() - 30] ^= 1;
  const SecretKey* const keys[] = {&alice.key};
  CHECK(crypto::openpgp::open(damaged, keys, {}).error().code == Errc::sealed);
}

TEST_CASE("RSA keys of peers verify and receive, and are not ours") {
  const Certificate rsa = vector_certificate("rsa.asc");
  const auto opened = open_by(vector_text("rsa-mail.asc"), vector_key("old-secret.asc"));
  REQUIRE(opened);
  CHECK(as_text(opened->plaintext()) == "hello");
  CHECK(opened->verify(rsa, kNow));
  CHECK_FALSE(opened->verify(vector_certificate("old.asc"), kNow));

  const Person alice = person("alice@example.org");
  const Bytes packets = binary_of(seal_for(alice, rsa, "hello"));
  const std::size_t second = 2U + packets[1];
  CHECK(packets[second] == (0xC0 | 1));
  const auto refused = SecretKey::read(as_bytes(vector_text("rsa-secret.asc")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("RSA") != std::string::npos);
}

TEST_CASE("a signature counts while it lasts, by a hash that holds, whatever else it says") {
  const SecretKey reader = vector_key("old-secret.asc");
  const Certificate signer = vector_certificate("old.asc");
  const auto expiring = open_by(vector_text("expiring-mail.asc"), reader);
  REQUIRE(expiring);
  CHECK(expiring->verify(signer, kNow + 3599));
  CHECK_FALSE(expiring->verify(signer, kNow + 3600));
  const auto unknown = open_by(vector_text("unknown-mail.asc"), reader);
  REQUIRE(unknown);
  CHECK(unknown->verify(signer, kNow));
  const auto weak = open_by(vector_text("weak-mail.asc"), reader);
  REQUIRE(weak);
  CHECK(weak->is_signed());
  CHECK_FALSE(weak->verify(vector_certificate("rsa.asc"), kNow));
}

TEST_CASE("no damaged mail opens as another") {
  const Person alice = person("alice@example.org");
  const Certificate* const recipients[] = {&alice.certificate};
  const SecretKey* const keys[] = {&alice.key};
  const auto mail = crypto::openpgp::seal({.plaintext = as_bytes("hello"),
                                           .recipients = recipients,
                                           .signer = &alice.key,
                                           .now = kNow});
  REQUIRE(mail);
  int faults = 0;
  const auto refuses = [&](ByteView damaged) {
    const auto opened = crypto::openpgp::open(damaged, keys, {});
    if (!opened && opened.error().code == Errc::internal) ++faults;
    // A header that says the same in another way leaves the mail as it was.
    return !opened || (as_text(opened->plaintext()) == "hello" &&
                       opened->verify(alice.certificate, kNow).has_value());
  };
  CHECK(crypto_test::damage_accepted(binary_of(*mail), refuses) == 0);
  CHECK(faults == 0);
  for (std::size_t size = 0; size + 40 < mail->size(); size += 7) {
    CHECK_FALSE(crypto::openpgp::open(as_bytes(*mail).first(size), keys, {}));
  }
}

TEST_CASE("limits hold before memory is spent") {
  const Person alice = person("alice@example.org");
  const std::string zeros(std::size_t{4} * 1024 * 1024, '\0');
  const std::string mail = seal_for(alice, alice.certificate, zeros);
  CHECK(mail.size() < 20'000);
  const SecretKey* const keys[] = {&alice.key};
  const auto refused =
      crypto::openpgp::open(as_bytes(mail), keys, {}, {.plaintext = zeros.size() - 1});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_large);
  const auto opened = crypto::openpgp::open(as_bytes(mail), keys, {}, {.plaintext = zeros.size()});
  REQUIRE(opened);
  CHECK(opened->plaintext().size() == zeros.size());

  // Both session keys are ours; one is allowed.
  CHECK(crypto::openpgp::open(as_bytes(mail), keys, {}, {.session_keys = 1}).error().code ==
        Errc::too_large);
  CHECK(crypto::openpgp::open(as_bytes(mail), keys, {}, {.session_keys = 2}));
  const std::vector<ByteView> many(crypto::openpgp::kMaxPassphrases + 1, as_bytes("x"));
  CHECK_FALSE(crypto::openpgp::open(as_bytes(mail), {}, many));
}

TEST_CASE("what is no encrypted mail is refused with a reason that quotes nothing") {
  const Person alice = person("alice@example.org");
  const SecretKey* const keys[] = {&alice.key};
  const std::string inputs[] = {
      "",
      "hello",
      std::string("\xC0", 1),
      "-----BEGIN PGP MESSAGE-----\n\nSECRETSECRET\n",
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
      std::string(as_text(alice.certificate.bytes()))};
  for (const auto& input : inputs) {
    const auto refused = crypto::openpgp::open(as_bytes(input), keys, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_argument);
    CHECK(refused.error().message.starts_with("open: OpenPGP: "));
    CHECK(refused.error().message.find("SECRET") == std::string::npos);
    CHECK(refused.error().message.size() < 120);
  }
}

// What was opened or sealed is nowhere in memory once it was freed: not in the library's own
// buffers, in those of its ciphers and of zlib, nor in copies that a growing vector left behind.
#if defined(__has_feature)
#define EDGE_HAS_FEATURE(x) __has_feature(x)
#else
#define EDGE_HAS_FEATURE(x) 0
#endif
// A sanitizer maps gigabytes, which take minutes to look through.
#if !defined(__SANITIZE_ADDRESS__) && !EDGE_HAS_FEATURE(address_sanitizer) && \
    !defined(__SANITIZE_THREAD__) && !EDGE_HAS_FEATURE(thread_sanitizer)
namespace {

constexpr std::size_t kMarker = 24;

// A text that is nowhere in the program: each byte is computed when it is looked for.
std::uint8_t marker_byte(std::size_t i) {
  return static_cast<std::uint8_t>(((i * 37 + 11) ^ 0x5A) & 0xFF);
}

bool marker_at(const volatile std::uint8_t* at) {
  for (std::size_t i = 0; i < kMarker; ++i) {
    if (at[i] != marker_byte(i)) return false;
  }
  return true;
}

// Looks into all memory of the process that can be written, but the stack.
std::size_t marks_in_memory() {
  std::ifstream maps("/proc/self/maps");
  std::size_t found = 0;
  std::string line;
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> regions;
  while (std::getline(maps, line)) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (std::string_view(rights) != "rw-p" || line.find("[stack") != std::string::npos) continue;
    if (end - begin > 256UL * 1024 * 1024) continue;  // what a sanitizer maps for itself
    regions.emplace_back(begin, end);
  }
  for (const auto& [begin, end] : regions) {
    const auto* memory = reinterpret_cast<const volatile std::uint8_t*>(begin);  // NOLINT
    for (std::size_t i = 0; i + kMarker <= end - begin; ++i) {
      if (memory[i] == marker_byte(0) && marker_at(memory + i)) ++found;
    }
  }
  return found;
}

crypto::WipingBytes marked(std::size_t times) {
  crypto::WipingBytes out;
  out.reserve(times * (kMarker + 1));
  for (std::size_t n = 0; n < times; ++n) {
    for (std::size_t i = 0; i < kMarker; ++i) out.push_back(marker_byte(i));
    out.push_back(static_cast<std::uint8_t>('a' + n % 26));
  }
  return out;
}

std::string seal_marked(const Person& alice, bool compress) {
  const crypto::WipingBytes text = marked(3000);
  const crypto::openpgp::Certificate* const recipients[] = {&alice.certificate};
  auto mail = crypto::openpgp::seal({.plaintext = text,
                                     .recipients = recipients,
                                     .signer = &alice.key,
                                     .now = kNow,
                                     .compress = compress});
  REQUIRE(mail);
  return *mail;
}

}  // namespace

TEST_CASE("a plaintext leaves no copy in memory") {
  const Person alice = person("alice@example.org");
  REQUIRE(marks_in_memory() == 0);
  for (const bool compress : {false, true}) {
    const std::string mail = seal_marked(alice, compress);
    CHECK(marks_in_memory() == 0);
    {
      const auto opened = openpgp_people::open_by(mail, alice.key);
      REQUIRE(opened);
      CHECK(marks_in_memory() >= 3000);
    }
    CHECK(marks_in_memory() == 0);
  }
}
#endif
