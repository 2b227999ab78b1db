// What the tests of OpenPGP share: people with keys, and the keys and mails of tests/data/openpgp,
// which openpgp/examples/vectors.rs wrote.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "crypto/openpgp/openpgp.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

namespace openpgp_people {

inline constexpr crypto::openpgp::UnixSeconds kNow = 1'800'000'000;

// Somebody with a key and its certificate.
struct Person {
  crypto::openpgp::SecretKey key;
  crypto::openpgp::Certificate certificate;
};

inline Person with_certificate(base::Result<crypto::openpgp::SecretKey> key,
                               const std::string& address) {
  REQUIRE(key);
  const std::vector<std::string> addresses{address};
  auto certificate = key->certificate(addresses, kNow);
  REQUIRE(certificate);
  return {std::move(*key), std::move(*certificate)};
}

inline Person person(const std::string& address) {
  return with_certificate(crypto::openpgp::SecretKey::generate(address, kNow), address);
}

inline Person post_quantum_person() {
  return with_certificate(crypto::openpgp::SecretKey::generate_post_quantum(kNow),
                          "pq@example.org");
}

inline std::string vector_text(const std::string& name) {
  std::ifstream in(test::source_path("tests/data/openpgp/" + name), std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline crypto::openpgp::Certificate vector_certificate(const std::string& name) {
  auto certificate = crypto::openpgp::Certificate::read(base::as_bytes(vector_text(name)));
  REQUIRE(certificate);
  return *certificate;
}

inline crypto::openpgp::SecretKey vector_key(const std::string& name) {
  auto key = crypto::openpgp::SecretKey::read(base::as_bytes(vector_text(name)));
  REQUIRE(key);
  return std::move(*key);
}

inline std::string seal_for(const Person& from, const crypto::openpgp::Certificate& to,
                            std::string_view text) {
  const crypto::openpgp::Certificate* const recipients[] = {&from.certificate, &to};
  auto out = crypto::openpgp::seal({.plaintext = base::as_bytes(text),
                                    .recipients = recipients,
                                    .signer = &from.key,
                                    .now = kNow});
  REQUIRE(out);
  return *out;
}

inline base::Result<crypto::openpgp::Opened> open_by(std::string_view mail,
                                                     const crypto::openpgp::SecretKey& key) {
  const crypto::openpgp::SecretKey* const keys[] = {&key};
  return crypto::openpgp::open(base::as_bytes(mail), keys, {});
}

// A mail without its armor: the packets.
inline base::Bytes binary_of(const std::string& armored) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  base::Bytes out;
  std::uint32_t bits = 0;
  int have = 0;
  std::size_t at = armored.find("\n\r\n");
  at = at == std::string::npos ? armored.find("\n\n") : at;
  for (; at < armored.size(); ++at) {
    const std::size_t value = kDigits.find(armored[at]);
    // The checksum begins its line with "=", padding ends the data.
    if (armored[at] == '=') break;
    if (value == std::string_view::npos) continue;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(have)));
    }
  }
  return out;
}

}  // namespace openpgp_people
