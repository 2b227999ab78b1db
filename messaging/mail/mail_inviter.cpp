#include "messaging/mail/mail_inviter.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "crypto/random.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/groups/group_joining.h"
#include "messaging/groups/group_sending.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/invite_tokens.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_outbox.h"
#include "messaging/mail/mail_protocol.h"
#include "messaging/mail/news_to_devices.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"
#include "store/tables/invites.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

constexpr base::Millis kInviteDay = 24 * 3600 * base::Millis{1000};
// As core: an older secret joins, and verifies nobody.
constexpr base::Millis kSecretVerifies = 7 * kInviteDay;
// So that a link verifies for some days after it was shown.
constexpr base::Millis kSecretIsGiven = 3 * kInviteDay;

base::Result<store::InviteRow> make_mail_invite(const kernel::WriteContext& write,
                                                std::optional<ChatId> chat) {
  store::InviteRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "invite"));
  row.chat = chat;
  row.created_at = write.tx.now();
  row.number = crypto::base64url_encode(crypto::random_array<kInviteAuthBytes>());
  crypto::random_bytes(row.secret);
  EDGE_CHECK(store::insert_invite(write.scope, row));
  EDGE_CHECK(queue_invite_news(write, row, true));
  return row;
}

base::Millis age_of(const kernel::WriteContext& write, const store::InviteRow& invite) {
  return write.tx.now() - invite.created_at;
}

bool verifies(const kernel::WriteContext& write, const store::InviteRow& invite) {
  const base::Millis age = age_of(write, invite);
  return age >= 0 && age <= kSecretVerifies;
}

// The live invite with this auth; every one is compared, so that the time does not tell which.
base::Result<std::optional<store::InviteRow>> invite_by_auth(const store::Scope& scope,
                                                             std::string_view auth) {
  EDGE_TRY(auto invites, store::live_invites(scope));
  std::optional<store::InviteRow> found;
  for (store::InviteRow& invite : invites) {
    if (invite_auth(invite) == auth) found = std::move(invite);
  }
  return found;
}

base::Result<bool> is_member(const store::Scope& scope, ChatId chat, ContactId contact) {
  EDGE_TRY(const chats::Group group, chats::load_group(scope, chat));
  EDGE_TRY(const MemberKey key, chats::key_of(scope, contact));
  return group.state.has(key);
}

// False: the joiner is not sent anything.
base::Result<bool> add_to_chat(const kernel::WriteContext& write, const store::InviteRow& invite,
                               const store::ContactRow& contact, const std::string& addr) {
  EDGE_TRY(const auto row, store::find_group(write.scope, *invite.chat));
  if (!row || !row->self_present) return false;
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, *invite.chat));
  if (chat.type != ChatType::out_broadcast) {
    EDGE_TRY(const bool joined_before, is_member(write.scope, chat.id, contact.id));
    EDGE_CHECK(groups::add_joiner(write, invite, contact.id));
    if (!joined_before) return true;
    if (!mail_protocol(write.core).welcomes(write.account.id, chat.id, contact.id)) return false;
    EDGE_CHECK(queue_welcome(write, row->uuid, contact.id, addr));
    return true;
  }
  EDGE_TRY(const JoinOutcome outcome, add_reader(write, chat.id, contact.id));
  if (outcome == JoinOutcome::refused) return false;
  if (!mail_protocol(write.core).welcomes(write.account.id, chat.id, contact.id)) {
    return outcome == JoinOutcome::added;
  }
  if (outcome == JoinOutcome::welcome) {
    EDGE_CHECK(queue_welcome(write, row->uuid, contact.id, addr));
  }
  EDGE_CHECK(groups::queue_last_messages(write, chat.id, contact.id));
  return true;
}

}  // namespace

base::Result<std::string> mail_invite_link(const kernel::WriteContext& write,
                                           std::optional<ChatId> chat) {
  EDGE_TRY(const OwnKeyPtr own, mail_protocol(write.core).keys().get(write.scope));
  EDGE_TRY(auto live, store::live_invite(write.scope, chat));
  if (!live || age_of(write, *live) > kSecretIsGiven) {
    EDGE_TRY(live, make_mail_invite(write, chat));
  }
  MailInvite invite;
  invite.fingerprint = own->certificate.fingerprint().hex();
  invite.addr = write.account.addr();
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  invite.name = plain_name(name.value_or(""));
  if (chat) {
    EDGE_TRY(invite.group, invited_mail_group(write.scope, write.account, *chat));
    if (invite.group->channel) EDGE_CHECK(ensure_channel_secret(write, *chat));
  }
  invite.number = invite_number(*live);
  invite.secret = invite_auth(*live);
  invite.v3 = true;
  const auto& relays = own->certificate.info().relays;
  for (const std::string& relay : relays) {
    if (relay != invite.addr) invite.relays.push_back(relay);
  }
  return to_link(invite);
}

base::Result<> toggle_mail_invite(const kernel::WriteContext& write, const std::string& link) {
  EDGE_TRY(const MailInvite invite, parse_mail_invite(link));
  EDGE_TRY(const OwnKeyPtr own, mail_protocol(write.core).keys().get(write.scope));
  if (invite.fingerprint != own->certificate.fingerprint().hex()) {
    return fail(Errc::invalid_argument,
                "this invite link is somebody else's; use secure_join to join them");
  }
  EDGE_TRY(const auto row, store::find_invite_by_number(write.scope, invite.number));
  if (!row) return fail(Errc::not_found, "no invite of this account has this number");
  if (row->withdrawn) {
    EDGE_CHECK(store::set_invite_withdrawn(write.scope, row->id, false));
    return queue_invite_news(write, *row, true);
  }
  // Earlier links of the same chat are still good: whoever withdraws its link means all of them.
  EDGE_TRY(const auto live, store::live_invites(write.scope));
  for (const store::InviteRow& one : live) {
    if (one.chat != row->chat) continue;
    EDGE_CHECK(store::set_invite_withdrawn(write.scope, one.id, true));
    EDGE_CHECK(queue_invite_news(write, one, false));
  }
  return {};
}

base::Result<std::vector<JoinSecret>> invite_secrets(const store::Scope& scope, const OwnKey& own) {
  std::vector<JoinSecret> secrets;
  EDGE_TRY(const auto invites, store::live_invites(scope));
  for (const store::InviteRow& invite : invites) {
    secrets.push_back({own.certificate.fingerprint().hex(), invite_auth(invite)});
  }
  return secrets;
}

base::Result<> queue_welcome(const kernel::WriteContext& write, const GroupId& group,
                             ContactId member, const std::string& addr) {
  JoinStep step;
  step.step = "vg-member-added";
  step.to = {addr};
  step.group = stored_group_text(write.scope, group);
  return queue_join_step(write, std::move(step), member);
}

base::Result<> take_request_pubkey(const kernel::WriteContext& write, const OwnKey& own,
                                   const OpenedMail& opened) {
  if (opened.seal != MailSeal::passphrase || !opened.secret) return {};
  if (opened.secret->inviter != own.certificate.fingerprint().hex()) return {};
  if (opened.mail.join->auth != opened.secret->auth) return {};
  EDGE_TRY(const auto invite, invite_by_auth(write.scope, opened.secret->auth));
  if (!invite || !mail_protocol(write.core).answers_request(write.account.id, invite->id)) {
    return {};
  }
  JoinStep step;
  step.step = "vc-pubkey";
  step.seal = JoinSeal::passphrase_signed;
  step.to = {opened.mail.from.addr};
  step.inviter = opened.secret->inviter;
  step.auth = opened.secret->auth;
  return queue_join_step(write, std::move(step), std::nullopt);
}

base::Result<> take_plain_request(const kernel::WriteContext& write, const OpenedMail& opened) {
  if (opened.seal != MailSeal::plain || !opened.signer) return {};
  EDGE_TRY(const auto invite, store::find_invite_by_number(write.scope, opened.mail.join->number));
  if (!invite || invite->withdrawn) return {};
  if (!mail_protocol(write.core).answers_request(write.account.id, invite->id)) return {};
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, opened.signer->fingerprint(), opened.mail.from.addr, "",
                       store::ContactState::hidden));
  if (contact.blocked) return {};
  EDGE_CHECK(learn_certificate(write, contact, *opened.signer));
  JoinStep step;
  step.step = invite->chat ? "vg-auth-required" : "vc-auth-required";
  step.to = {opened.mail.from.addr};
  return queue_join_step(write, std::move(step), contact.id);
}

base::Result<> take_request_with_auth(const kernel::WriteContext& write, const OwnKey& own,
                                      const OpenedMail& opened) {
  if (opened.seal != MailSeal::key || !opened.signer) return {};
  const MailJoin& join = *opened.mail.join;
  if (join.fingerprint != opened.signer->fingerprint()) return {};
  // It was made for us: nobody who was sent it can pass it on to another inviter.
  const bool names_us = std::any_of(
      opened.gossip.begin(), opened.gossip.end(), [&](const OpenedMail::Gossip& gossip) {
        return gossip.certificate.fingerprint() == own.certificate.fingerprint();
      });
  if (!names_us) return {};
  EDGE_TRY(const auto invite, invite_by_auth(write.scope, join.auth));
  if (!invite) return {};
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, opened.signer->fingerprint(), opened.mail.from.addr,
                       opened.mail.from.name, store::ContactState::known));
  if (contact.blocked) return {};
  EDGE_CHECK(learn_certificate(write, contact, *opened.signer));
  EDGE_CHECK(become_known(write, contact, verifies(write, *invite)));
  if (invite->chat) {
    EDGE_TRY(const bool added, add_to_chat(write, *invite, contact, opened.mail.from.addr));
    if (!added) return {};
  } else {
    JoinStep step;
    step.step = "vc-contact-confirm";
    step.to = {opened.mail.from.addr};
    EDGE_CHECK(queue_join_step(write, std::move(step), contact.id));
  }
  EDGE_CHECK(write.emit(SecurejoinInviterProgress{contact.id, 1000}));
  return outbox::release_waiting(write, contact.id);
}

}  // namespace messaging::mail
