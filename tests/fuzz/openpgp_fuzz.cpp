// room: crypto
// First byte: what the rest is. 0: a certificate, 1: a mail for our key, 2: a mail sealed by
// the passphrase "secret", 3: what is inside of an encryption, 4: a secret key.
#include "crypto/openpgp/openpgp.h"
#include "openpgp/openpgp_abi.h"
#include "tests/crypto/fuzz_world.h"
#include "tests/fuzz/openpgp_key.h"

using base::ByteView;
using base::Errc;
using crypto::openpgp::Certificate;
using crypto::openpgp::SecretKey;
using fuzz_world::expect;

namespace {

constexpr crypto::openpgp::UnixSeconds kNow = 1'800'000'000;
constexpr crypto::openpgp::OpenLimits kLimits{.plaintext = 1 << 20, .session_keys = 64};

struct Ours {
  SecretKey key;
  Certificate certificate;
};

const Ours& ours() {
  static const Ours made = [] {
    auto key = SecretKey::read(base::as_bytes(openpgp_key::kSecret));
    expect(key.ok(), "our key is read");
    const std::vector<std::string> addresses{"reader@example.org"};
    auto certificate = key->certificate(addresses, kNow);
    expect(certificate.ok(), "our certificate is made");
    return Ours{std::move(*key), std::move(*certificate)};
  }();
  return made;
}

template <class T>
void expect_reason(const base::Result<T>& refused) {
  expect(refused.error().code != Errc::internal, "no input is a fault of ours");
  expect(refused.error().message.size() < 200, "an error quotes no input");
}

void read_certificate(ByteView data) {
  const auto certificate = Certificate::read(data);
  if (!certificate) return expect_reason(certificate);
  expect(certificate->bytes().size() <= Certificate::kMaxSize, "a certificate is bounded");
  const auto stored = Certificate::read_stored(certificate->bytes());
  expect(stored.ok() && stored->bytes() == certificate->bytes(), "what is stored is read again");
  const auto again = Certificate::read(certificate->bytes());
  expect(again.ok() && again->fingerprint() == certificate->fingerprint(), "and verified again");
  expect(crypto::openpgp::merge(*certificate, *stored).ok(), "it merges with itself");
  const Certificate* const recipients[] = {&ours().certificate, &*certificate};
  const auto sealed = crypto::openpgp::seal({.plaintext = base::as_bytes("text"),
                                             .recipients = recipients,
                                             .signer = &ours().key,
                                             .now = kNow});
  if (!sealed) return expect_reason(sealed);
  const SecretKey* const keys[] = {&ours().key};
  expect(crypto::openpgp::open(base::as_bytes(*sealed), keys, {}).ok(), "we open it ourselves");
}

void use(const crypto::openpgp::Opened& opened) {
  expect(opened.plaintext().size() <= kLimits.plaintext, "a plaintext is bounded");
  expect(opened.by_key().has_value() != opened.by_passphrase().has_value(), "one thing opened it");
  (void)opened.issuer_fingerprint();
  (void)opened.verify(ours().certificate, kNow);
}

void read_content(ByteView data) {
  edge_pgp_opened* handle = nullptr;
  const auto status = edge_pgp_open_content({data.data(), data.size()}, kLimits.plaintext, &handle);
  expect(status != EDGE_PGP_INTERNAL, "no content is a fault of ours");
  if (status == EDGE_PGP_OK) {
    edge_pgp_opened_facts facts{};
    expect(edge_pgp_opened_info(handle, &facts) == EDGE_PGP_OK, "it has facts");
    expect(facts.plaintext.size <= kLimits.plaintext, "a plaintext is bounded");
  }
  edge_pgp_opened_free(handle);
}

void read_key(ByteView data) {
  const auto key = SecretKey::read(data);
  if (!key) return expect_reason(key);
  const auto bytes = key->serialize();
  expect(bytes.ok() && SecretKey::read(*bytes).ok(), "a key that was read is written and read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  const SecretKey* const keys[] = {&ours().key};
  const ByteView passphrases[] = {base::as_bytes("secret")};
  switch (data[0] % 5) {
    case 0:
      read_certificate(rest);
      break;
    case 1:
    case 2: {
      const bool by_key = data[0] % 5 == 1;
      const auto opened = by_key ? crypto::openpgp::open(rest, keys, {}, kLimits)
                                 : crypto::openpgp::open(rest, {}, passphrases, kLimits);
      if (opened) {
        use(*opened);
      } else {
        expect_reason(opened);
      }
      break;
    }
    case 3:
      read_content(rest);
      break;
    default:
      read_key(rest);
  }
  return 0;
}
