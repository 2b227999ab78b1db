// OpenPGP as chat by e-mail uses it: keys, certificates, and sealed mails.
//
// The work is done by the Rust library in openpgp/ (the crate `pgp`), which is built without
// -DEDGE_MAIL=OFF. The profile is that of Delta Chat: our keys are version 4 (Ed25519 signs, an
// X25519 subkey receives); peers may have version 4, version 6, RSA and ML-KEM keys.
//
// - Every object is immutable after it was made: safe from several threads at once. Moved-from
//   objects may only be assigned to or destroyed.
// - Secret keys, passphrases and plaintexts leave nothing in memory when they are freed.
// - Everything that is read may come from an enemy: sizes, counts and expansion are bounded before
//   they cost memory, and a fault inside the library (a panic) is an error, not the end of the
//   process. Texts of errors are fixed: they hold no byte of any input.
// - Times are seconds since 1970 of the caller's clock, which may be wrong; they are not read from
//   the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/openpgp/fingerprint.h"
#include "crypto/wiping.h"

namespace crypto::openpgp {

using UnixSeconds = std::int64_t;

namespace detail {
// Handles of the Rust library.
struct FreeKey {
  void operator()(void* key) const noexcept;
};
struct FreeCertificate {
  void operator()(void* certificate) const noexcept;
};
struct FreeMessage {
  void operator()(void* message) const noexcept;
};
}  // namespace detail

// What a certificate says of itself; all of it is signed by its primary key.
struct CertificateInfo {
  Fingerprint fingerprint;
  // Where its owner is reached: the notation relays@chatmail.at, in its order; empty without one.
  std::vector<std::string> relays;
  // The address in its newest user id; empty without one (keys of version 6).
  std::string address;
  UnixSeconds created = 0;    // of the primary key
  bool can_encrypt = false;   // has a subkey that receives
  bool modern = false;        // announces SEIPDv2; without it a mail is sealed the old way for all
  bool post_quantum = false;  // its subkey is ML-KEM
  bool revoked = false;       // by its owner; it cannot receive any more
};

// Somebody's public key. A few kilobytes; copies share them.
class Certificate {
 public:
  // The largest that is read: 256 KiB of binary. Real ones have 600 to 3,000 bytes.
  static constexpr std::size_t kMaxSize = 256 * 1024;

  // From a mail, a link or a file: binary, armored, or the base64 of an Autocrypt header (white
  // space is allowed). Every self signature is verified, and what is not needed is dropped: one
  // user id, one direct key signature and at most 16 subkeys remain. Errc::invalid_argument for
  // what is no certificate or not verified; Errc::too_large over kMaxSize.
  static base::Result<Certificate> read(base::ByteView data);
  // The bytes() of a certificate that was read before, from a place that only we write: signatures
  // are not verified again. Errc::corrupt for anything else.
  static base::Result<Certificate> read_stored(base::ByteView bytes);

  const CertificateInfo& info() const { return state_->info; }
  const Fingerprint& fingerprint() const { return state_->info.fingerprint; }
  // The minimised certificate in binary: what to store, and in base64 what Autocrypt headers carry.
  const base::Bytes& bytes() const { return state_->bytes; }

 private:
  friend struct Access;
  struct State {
    std::unique_ptr<void, detail::FreeCertificate> handle;
    CertificateInfo info;
    base::Bytes bytes;
  };
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

// Of two certificates of one primary key: the newest signatures of both, all subkeys, a revocation
// if either has one. Errc::invalid_argument when their fingerprints differ.
base::Result<Certificate> merge(const Certificate& known, const Certificate& fresh);

// Our own key: signs, opens what was sealed to it, and makes certificates. Costs some kilobytes of
// ordinary memory while it lives: load it once an account, not once a mail.
class SecretKey {
 public:
  static constexpr std::size_t kMaxSize = 1024 * 1024;

  // A new one of version 4 with the user id <address>, which must look like an address.
  static base::Result<SecretKey> generate(std::string_view address, UnixSeconds now);
  // A new one of version 6 whose subkey is ML-KEM-768 with X25519. For tests: peers have such keys.
  static base::Result<SecretKey> generate_post_quantum(UnixSeconds now);
  // A transferable secret key without passphrase, binary or armored: serialize(), armored() or that
  // of another program. Errc::invalid_argument says why it was refused.
  static base::Result<SecretKey> read(base::ByteView data);

  // The transferable secret key: binary to be sealed and stored, and armored for other programs.
  base::Result<WipingBytes> serialize() const;
  base::Result<WipingBytes> armored() const;

  const Fingerprint& fingerprint() const { return fingerprint_; }
  // The certificate that peers get: reached at `addresses`, the first of which is the user id. At
  // least one and at most 16, of at most 254 bytes each, without commas. Signatures are made anew,
  // so two certificates of one key differ.
  base::Result<Certificate> certificate(std::span<const std::string> addresses,
                                        UnixSeconds now) const;

 private:
  friend struct Access;
  SecretKey(std::unique_ptr<void, detail::FreeKey> handle, const Fingerprint& fingerprint)
      : handle_(std::move(handle)), fingerprint_(fingerprint) {}

  std::unique_ptr<void, detail::FreeKey> handle_;
  Fingerprint fingerprint_;
};

// A mail for the owners of certificates.
struct Sealing {
  base::ByteView plaintext;
  // All of them, ours first: without it we cannot open our own mail. 1 to 1,000.
  std::span<const Certificate* const> recipients;
  const SecretKey* signer = nullptr;  // without it the mail is not signed, and chat clients hide it
  UnixSeconds now = 0;                // when it is signed
  // SecureJoin's mails are not compressed: they hold secrets beside texts that others choose.
  bool compress = true;
  // The signature names the recipients, so that none of them can pass it on as meant for another.
  bool name_recipients = true;
};
// ASCII armour with CRLF. Recipients are hidden (PKESK v6, SEIPD v2, AES-128 OCB); when one of them
// does not announce that, all get PKESK v3 and SEIPD v1. Errc::invalid_argument when a certificate
// cannot receive; the text has its fingerprint.
base::Result<std::string> seal(const Sealing& sealing);

// A mail for who knows a passphrase: SecureJoin and channels.
struct SymmetricSealing {
  base::ByteView plaintext;
  base::ByteView passphrase;          // at least one byte
  const SecretKey* signer = nullptr;  // the first mail of a join is not signed
  UnixSeconds now = 0;
  bool compress = false;
};
base::Result<std::string> seal_symmetric(const SymmetricSealing& sealing);

struct OpenLimits {
  std::size_t plaintext = std::size_t{64} * 1024 * 1024;  // after decompression
  std::size_t session_keys = 512;                         // as many recipients
};

// A signature that was verified.
struct Signature {
  UnixSeconds created = 0;
  // Whom the signer named. When it is not empty and does not hold our own fingerprint, the mail was
  // not meant for us: its caller must refuse it.
  std::vector<Fingerprint> recipients;
};

// A mail that was opened: its plaintext is whole and was not changed on the way. Who wrote it is
// known after verify().
class Opened {
 public:
  base::ByteView plaintext() const { return plaintext_; }  // lives as long as this
  // Which of the keys or of the passphrases opened it; exactly one of the two is set.
  std::optional<std::size_t> by_key() const { return by_key_; }
  std::optional<std::size_t> by_passphrase() const { return by_passphrase_; }
  bool is_signed() const { return signatures_ > 0; }
  // Whose certificate may verify it. Only a hint: nothing is verified by it.
  std::optional<Fingerprint> issuer_fingerprint() const;
  // The signature of the certificate's primary key over this mail; nothing when there is none, when
  // it does not verify, is of another type or of a weak hash, has an unknown critical part or had
  // expired at `now`. The certificate is usually inside the mail, hence this order.
  std::optional<Signature> verify(const Certificate& certificate, UnixSeconds now) const;

 private:
  friend struct Access;
  Opened() = default;

  std::unique_ptr<void, detail::FreeMessage> handle_;
  base::ByteView plaintext_;
  std::optional<std::size_t> by_key_;
  std::optional<std::size_t> by_passphrase_;
  std::size_t signatures_ = 0;
};

// Opens an encrypted message, armored (CRLF or LF) or binary, with whichever of our keys or
// passphrases fits. Passphrases are tried only when it is sealed by exactly one, at most
// kMaxPassphrases. Errc::sealed: no key or passphrase fits, or it was changed on the way.
// Errc::invalid_argument: it is no encrypted message, or of a form outside the profile.
// Errc::too_large: over a limit.
inline constexpr std::size_t kMaxPassphrases = 1000;
base::Result<Opened> open(base::ByteView message, std::span<const SecretKey* const> keys,
                          std::span<const base::ByteView> passphrases,
                          const OpenLimits& limits = {});

}  // namespace crypto::openpgp
