#include "crypto/openpgp/rust.h"

namespace crypto::openpgp {
namespace {

constexpr std::size_t kMaxRecipients = 1000;

base::Result<std::string> sealed_text(const edge_pgp_sealing& sealing) {
  Taken taken;
  const auto status = edge_pgp_seal(&sealing, taken.out());
  if (status != EDGE_PGP_OK) return error_of(status).with_context("seal");
  return std::string(base::as_text(taken.view()));
}

}  // namespace

base::Result<std::string> seal(const Sealing& sealing) {
  if (sealing.recipients.empty() || sealing.recipients.size() > kMaxRecipients) {
    return base::fail(base::Errc::invalid_argument, "a mail is sealed for 1 to 1,000 certificates");
  }
  std::vector<const edge_pgp_certificate*> handles;
  handles.reserve(sealing.recipients.size());
  for (const Certificate* recipient : sealing.recipients) {
    if (!recipient->info().can_encrypt) {
      return base::fail(base::Errc::invalid_argument,
                        "the certificate " + recipient->fingerprint().hex() + " cannot receive");
    }
    handles.push_back(Access::of(*recipient));
  }
  edge_pgp_sealing call{};
  call.plaintext = slice_of(sealing.plaintext);
  call.recipients = handles.data();
  call.recipient_count = handles.size();
  call.signer = sealing.signer ? Access::of(*sealing.signer) : nullptr;
  call.now = time_of(sealing.now);
  call.compress = sealing.compress ? 1 : 0;
  call.name_recipients = sealing.name_recipients ? 1 : 0;
  return sealed_text(call);
}

base::Result<std::string> seal_symmetric(const SymmetricSealing& sealing) {
  if (sealing.passphrase.empty()) {
    return base::fail(base::Errc::invalid_argument, "a mail is not sealed by an empty passphrase");
  }
  edge_pgp_sealing call{};
  call.plaintext = slice_of(sealing.plaintext);
  call.passphrase = slice_of(sealing.passphrase);
  call.signer = sealing.signer ? Access::of(*sealing.signer) : nullptr;
  call.now = time_of(sealing.now);
  call.compress = sealing.compress ? 1 : 0;
  return sealed_text(call);
}

}  // namespace crypto::openpgp
