#include "crypto/openpgp/rust.h"

namespace crypto::openpgp {

void detail::FreeMessage::operator()(void* message) const noexcept {
  edge_pgp_opened_free(static_cast<edge_pgp_opened*>(message));
}

base::Result<Opened> Access::opened(edge_pgp_opened* handle) {
  Opened out;
  out.handle_.reset(handle);
  edge_pgp_opened_facts facts{};
  if (const auto status = edge_pgp_opened_info(handle, &facts); status != EDGE_PGP_OK) {
    return error_of(status);
  }
  out.plaintext_ = view_of(facts.plaintext);
  (facts.by_passphrase != 0 ? out.by_passphrase_ : out.by_key_) = facts.index;
  out.signatures_ = facts.signatures;
  return out;
}

base::Result<Opened> open(base::ByteView message, std::span<const SecretKey* const> keys,
                          std::span<const base::ByteView> passphrases, const OpenLimits& limits) {
  std::vector<const edge_pgp_key*> handles;
  handles.reserve(keys.size());
  for (const SecretKey* key : keys) handles.push_back(Access::of(*key));
  std::vector<edge_slice> slices;
  slices.reserve(passphrases.size());
  for (const base::ByteView passphrase : passphrases) slices.push_back(slice_of(passphrase));
  edge_pgp_opening call{};
  call.message = slice_of(message);
  call.keys = handles.data();
  call.key_count = handles.size();
  call.passphrases = slices.data();
  call.passphrase_count = slices.size();
  call.max_plaintext = limits.plaintext;
  call.max_session_keys = static_cast<std::uint32_t>(
      std::min<std::size_t>(limits.session_keys, std::numeric_limits<std::uint32_t>::max()));
  edge_pgp_opened* handle = nullptr;
  const auto status = edge_pgp_open(&call, &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("open");
  return Access::opened(handle);
}

std::optional<Fingerprint> Opened::issuer_fingerprint() const {
  edge_pgp_fingerprint fingerprint{};
  if (edge_pgp_opened_issuer(Access::of(*this), &fingerprint) != EDGE_PGP_OK) return std::nullopt;
  return Fingerprint::from_bytes(base::ByteView(fingerprint.bytes, fingerprint.size));
}

std::optional<Signature> Opened::verify(const Certificate& certificate, UnixSeconds now) const {
  edge_pgp_signature found{};
  if (edge_pgp_opened_verify(Access::of(*this), Access::of(certificate), time_of(now), &found) !=
      EDGE_PGP_OK) {
    return std::nullopt;
  }
  Signature out;
  out.created = found.created;
  out.recipients.reserve(found.recipients);
  for (std::uint32_t i = 0; i < found.recipients; ++i) {
    edge_pgp_fingerprint fingerprint{};
    // Without all of them the caller might take the mail for one that names nobody.
    if (edge_pgp_opened_recipient(Access::of(*this), found.index, i, &fingerprint) != EDGE_PGP_OK) {
      return std::nullopt;
    }
    out.recipients.push_back(fingerprint_of(fingerprint));
  }
  return out;
}

}  // namespace crypto::openpgp
