// The mails of tests/data/mail, written by Delta Chat's own server: the outer form is read, each is
// opened by the keys or by the secret of its join, and its signature is that of the certificate
// that came with the mails before.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "crypto/openpgp/openpgp.h"
#include "messaging/mail/mime_reader.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

using base::as_bytes;
using base::as_text;
using crypto::openpgp::Certificate;
using crypto::openpgp::Fingerprint;
using crypto::openpgp::SecretKey;
using messaging::mail::MimePart;

namespace {

constexpr crypto::openpgp::UnixSeconds kLater = 2'000'000'000;

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> captured(const std::string& extension) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_path("tests/data/mail"))) {
    if (entry.path().extension() == extension) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + begin.size());
  return std::string(rest.substr(0, rest.find_first_of(end)));
}

class Reader {
 public:
  Reader() {
    for (const auto& path : captured(".asc")) {
      auto key = SecretKey::read(as_bytes(file_text(path)));
      REQUIRE(key);
      keys_.push_back(std::move(*key));
    }
    REQUIRE(keys_.size() == 3);
  }

  // What the two sides of a join share is in the mail after those that are sealed by it.
  void collect_secrets(std::string_view mail) {
    const auto outer = messaging::mail::read_mime(as_bytes(mail));
    REQUIRE(outer);
    const auto opened = open_armored(outer->parts.at(1).body);
    if (!opened) return;
    const auto inner = messaging::mail::read_mime(opened->plaintext());
    REQUIRE(inner);
    const std::string auth(inner->value("Secure-Join-Auth"));
    if (auth.empty()) return;
    for (const auto& key : keys_) {
      passphrases_.insert("securejoin/" + key.fingerprint().hex() + "/" + auth);
    }
  }

  // The mail that is inside.
  MimePart open(std::string_view mail) {
    const auto outer = messaging::mail::read_mime(as_bytes(mail));
    REQUIRE(outer);
    CHECK(outer->type == "multipart/encrypted");
    CHECK(outer->param("protocol") == "application/pgp-encrypted");
    CHECK(messaging::mail::read_addresses(outer->value("To")).empty());
    CHECK(messaging::mail::read_mail_date(outer->value("Date")));
    REQUIRE(outer->parts.size() == 2);
    CHECK(as_text(outer->parts[0].body).starts_with("Version: 1"));
    const auto opened = open_armored(outer->parts[1].body);
    REQUIRE(opened);
    auto inner = messaging::mail::read_mime(opened->plaintext());
    REQUIRE(inner);
    collect(*inner);
    signed_ = opened->is_signed();
    if (signed_) check_signature(*opened);
    return std::move(*inner);
  }
  bool was_signed() const { return signed_; }
  std::size_t certificates() const { return certificates_.size(); }

 private:
  base::Result<crypto::openpgp::Opened> open_armored(base::ByteView armored) const {
    std::vector<const SecretKey*> keys;
    for (const auto& key : keys_) keys.push_back(&key);
    std::vector<base::ByteView> passphrases;
    for (const auto& passphrase : passphrases_) passphrases.push_back(as_bytes(passphrase));
    return crypto::openpgp::open(armored, keys, passphrases);
  }

  // Certificates and secrets of channels that the mail brings.
  void collect(const MimePart& inner) {
    for (const char* name : {"Autocrypt", "Autocrypt-Gossip"}) {
      for (const auto* header : inner.all(name)) {
        const auto certificate =
            Certificate::read(as_bytes(between(header->value, "keydata=", ";")));
        REQUIRE(certificate);
        CHECK(certificate->info().modern);
        CHECK(certificate->info().can_encrypt);
        CHECK(certificate->info().relays == std::vector{certificate->info().address});
        certificates_.insert_or_assign(certificate->fingerprint(), *certificate);
      }
    }
    if (!inner.value("Chat-Broadcast-Secret").empty()) {
      passphrases_.insert(std::string(inner.value("Chat-Broadcast-Secret")));
    }
  }

  void check_signature(const crypto::openpgp::Opened& opened) {
    const auto issuer = opened.issuer_fingerprint();
    REQUIRE(issuer);
    REQUIRE(certificates_.contains(*issuer));
    const auto signature = opened.verify(certificates_.at(*issuer), kLater);
    REQUIRE(signature);
    // Sealed for people: they are named. Sealed by a passphrase: nobody is.
    CHECK(signature->recipients.empty() == opened.by_passphrase().has_value());
    for (const auto& [fingerprint, certificate] : certificates_) {
      if (fingerprint != *issuer) CHECK_FALSE(opened.verify(certificate, kLater));
    }
  }

  std::vector<SecretKey> keys_;
  std::set<std::string> passphrases_;
  std::map<Fingerprint, Certificate> certificates_;
  bool signed_ = false;
};

}  // namespace

TEST_CASE("every captured mail is opened, read and verified") {
  Reader reader;
  for (const auto& path : captured(".eml")) reader.collect_secrets(file_text(path));
  int count = 0;
  std::set<std::string> unsigned_ones;
  for (const auto& path : captured(".eml")) {
    INFO(path.filename().string());
    const MimePart inner = reader.open(file_text(path));
    CHECK(inner.param("hp") == "cipher");
    CHECK_FALSE(inner.value("Message-ID").empty());
    if (!reader.was_signed()) unsigned_ones.insert(std::string(inner.value("Secure-Join")));
    ++count;
  }
  CHECK(count >= 27);
  CHECK(reader.certificates() == 3);
  CHECK(unsigned_ones == std::set<std::string>{"vc-request-pubkey"});
}
