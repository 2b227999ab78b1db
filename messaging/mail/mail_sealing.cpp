#include "messaging/mail/mail_sealing.h"

#include "crypto/openpgp/openpgp.h"
#include "crypto/random.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/outer_mail.h"

namespace messaging::mail {
namespace {

// Random, so that the dates of mails do not show when they were written.
std::int64_t blur() {
  return static_cast<std::int64_t>(crypto::random_u64() % static_cast<std::uint64_t>(kDateBlur));
}

// `seal(inner)` answers with the armored message.
template <class Seal>
base::Result<base::Bytes> seal_mail(const ChatMail& mail, Seal seal) {
  const OuterMail outer = outer_of(mail, blur());
  const crypto::WipingBytes inner = write_inner(mail, outer);
  EDGE_TRY(const std::string armored, seal(inner));
  const std::string text = write_outer(outer, armored);
  return base::Bytes(text.begin(), text.end());
}

}  // namespace

base::Result<base::Bytes> seal_by_keys(const ChatMail& mail, const OwnKey& own,
                                       const std::vector<const Certificate*>& recipients,
                                       SealOptions options) {
  std::vector<const Certificate*> to{&own.certificate};
  to.insert(to.end(), recipients.begin(), recipients.end());
  return seal_mail(mail, [&](base::ByteView inner) {
    crypto::openpgp::Sealing sealing;
    sealing.plaintext = inner;
    sealing.recipients = to;
    sealing.signer = &own.secret;
    sealing.now = options.now;
    sealing.compress = options.compress;
    return crypto::openpgp::seal(sealing);
  });
}

base::Result<base::Bytes> seal_by_passphrase(const ChatMail& mail, base::ByteView passphrase,
                                             const OwnKey* signer, SealOptions options) {
  return seal_mail(mail, [&](base::ByteView inner) {
    crypto::openpgp::SymmetricSealing sealing;
    sealing.plaintext = inner;
    sealing.passphrase = passphrase;
    if (signer != nullptr) sealing.signer = &signer->secret;
    sealing.now = options.now;
    sealing.compress = options.compress;
    return crypto::openpgp::seal_symmetric(sealing);
  });
}

}  // namespace messaging::mail
