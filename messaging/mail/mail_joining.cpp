#include "messaging/mail/mail_joining.h"

#include <algorithm>

#include "messaging/mail/form/address.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_inviter.h"
#include "messaging/mail/mail_joiner.h"
#include "messaging/outbox/outgoing.h"

namespace messaging::mail {

base::Result<std::vector<JoinSecret>> join_secrets(const store::Scope& scope, const OwnKey& own) {
  EDGE_TRY(auto secrets, invite_secrets(scope, own));
  EDGE_TRY(const auto pending, pending_join_secrets(scope));
  secrets.insert(secrets.end(), pending.begin(), pending.end());
  return secrets;
}

base::Result<> take_join_step(const kernel::WriteContext& write, const OwnKey& own,
                              const OpenedMail& opened) {
  const std::string& step = opened.mail.join->step;
  if (step == "vc-request-pubkey") return take_request_pubkey(write, own, opened);
  if (step == "vc-request" || step == "vg-request") return take_plain_request(write, opened);
  if (step == "vc-pubkey" || step == "vc-auth-required" || step == "vg-auth-required") {
    return take_inviters_key(write, opened);
  }
  if (step == "vc-request-with-auth" || step == "vg-request-with-auth") {
    return take_request_with_auth(write, own, opened);
  }
  if (step == "vc-contact-confirm" || step == "vg-member-added") {
    return take_confirmation(write, own, opened);
  }
  return {};  // of a later version
}

base::Result<> take_own_join_step(const kernel::WriteContext& write, const OpenedMail& opened) {
  const std::string& step = opened.mail.join->step;
  const bool proves = step == "vc-request-with-auth" || step == "vg-request-with-auth" ||
                      step == "vc-contact-confirm";
  if (!proves) return {};
  for (const OpenedMail::Gossip& gossip : opened.gossip) {
    const auto to = std::find_if(
        opened.mail.to.begin(), opened.mail.to.end(),
        [&](const MailMember& member) { return same_address(member.addr, gossip.addr); });
    EDGE_TRY(store::ContactRow contact,
             contact_for(write, gossip.certificate.fingerprint(), gossip.addr,
                         to == opened.mail.to.end() ? std::string() : to->name,
                         store::ContactState::known));
    if (contact.id == kSelf) continue;
    EDGE_CHECK(learn_certificate(write, contact, gossip.certificate));
    EDGE_CHECK(become_known(write, contact, true));
    EDGE_CHECK(outbox::release_waiting(write, contact.id));
    if (step == "vg-request-with-auth") {
      EDGE_CHECK(expect_elsewhere(write, contact, opened.mail.join->group));
    }
  }
  return {};
}

}  // namespace messaging::mail
