#include "messaging/mail/mail_joining.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "crypto/random.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/chats/requests.h"
#include "messaging/groups/group_joining.h"
#include "messaging/groups/group_sending.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/device_sync.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/invite_tokens.h"
#include "messaging/mail/join_step.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_protocol.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"
#include "store/tables/invites.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_joins.h"
#include "store/tables/routes.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;
using store::JoinRole;
using store::JoinState;
using store::PendingJoinRow;

constexpr base::Millis kDayOfJoins = 24 * 3600 * base::Millis{1000};
// As core: an older secret joins, and verifies nobody.
constexpr base::Millis kSecretVerifies = 7 * kDayOfJoins;
// So that a link that is handed out verifies for some days.
constexpr base::Millis kSecretIsGiven = 3 * kDayOfJoins;
constexpr base::Millis kJoinLifetime = 14 * kDayOfJoins;

std::string auth_of(const store::InviteRow& invite) { return invite_auth(invite); }

std::string own_fingerprint(const OwnKey& own) { return own.certificate.fingerprint().hex(); }

base::Result<OwnKeyPtr> own_key(const kernel::WriteContext& write) {
  return mail_protocol(write.core).keys().get(write.scope);
}

// ---- invites ----

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
    if (auth_of(invite) == auth) found = std::move(invite);
  }
  return found;
}

// ---- steps on their way out ----

base::Result<> queue_step(const kernel::WriteContext& write, JoinStep step,
                          std::optional<ContactId> contact, std::int64_t join_id = 0) {
  EDGE_TRY(const auto route, store::find_mail_route(write.scope));
  if (!route) return fail(Errc::internal, "a mail account without a route");
  step.uuid = as_v4(crypto::random_array<16>());
  store::OutboxRow row;
  row.route_id = *route;
  row.contact = contact;
  row.kind = store::OutboxKind::mail;
  row.join_id = join_id;
  row.uuid = step.uuid;
  row.created_at = write.steady();
  row.payload = encode(step);
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  outbox::wake_courier(write, *route);
  return {};
}

// ---- what both sides do once the other one's key is verified ----

base::Result<> become_known(const kernel::WriteContext& write, store::ContactRow& contact,
                            bool verified) {
  contact.verified = contact.verified || verified;
  contact.state = store::ContactState::known;
  contact.blocked = false;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_TRY(store::ChatRow chat,
           chats::ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  const bool first = !chat.encrypted;
  chat.encrypted = true;
  chat.blocked = store::ChatBlocked::no;
  EDGE_CHECK(store::update_chat(write.scope, chat));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (first) EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat.id, true}));
  EDGE_CHECK(write.emit(ChatModified{chat.id}));
  return write.emit(PrivittyPeerHandshakeComplete{chat.id, contact.id});
}

// ---- our joins ----

struct Join {
  PendingJoinRow row;
  MailInvite invite;
  // Another device of ours joins: what it asked for is known, not the link. Of a channel it may not
  // even be known which one.
  bool elsewhere() const { return invite.secret.empty(); }
};

// More joins of other devices than these are not waited for.
constexpr std::size_t kMaxJoinsElsewhere = 50;

base::Result<std::vector<Join>> our_joins(const store::Scope& scope) {
  EDGE_TRY(const auto ids, store::pending_joins_of_role(scope, JoinRole::joiner));
  std::vector<Join> joins;
  for (const std::int64_t id : ids) {
    EDGE_TRY(auto row, store::find_pending_join(scope, id));
    if (!row) continue;
    auto invite = parse_mail_invite(std::string(row->memory.begin(), row->memory.end()));
    if (!invite) continue;
    joins.push_back({*std::move(row), *std::move(invite)});
  }
  return joins;
}

std::string word_of(const MailInvite& invite, std::string_view step) {
  return (invite.group ? "vg-" : "vc-") + std::string(step);
}

// The inviter's key is known and is the invite's.
base::Result<> request_with_auth(const kernel::WriteContext& write, Join& join,
                                 store::ContactRow& contact) {
  EDGE_CHECK(become_known(write, contact, true));
  EDGE_TRY(const auto certificate, certificate_of(contact));
  JoinStep step;
  step.step = word_of(join.invite, "request-with-auth");
  step.to = addresses_of(contact, certificate);
  step.auth = join.invite.secret;
  if (join.invite.group) step.group = join.invite.group->id;
  EDGE_CHECK(queue_step(write, std::move(step), contact.id, join.row.id));
  join.row.state = JoinState::answered;
  EDGE_CHECK(store::update_pending_join(write.scope, join.row));
  EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 400}));
  return outbox::release_waiting(write, contact.id);
}

base::Result<> end_join(const kernel::WriteContext& write, const PendingJoinRow& row) {
  EDGE_CHECK(store::delete_pending_join(write.scope, row.id));
  return write.emit(SecurejoinJoinerProgress{row.contact.value_or(ContactId()), 1000});
}

base::Result<> fail_join(const kernel::WriteContext& write, const PendingJoinRow& row,
                         const std::string& why) {
  EDGE_CHECK(store::delete_pending_join(write.scope, row.id));
  if (!row.contact) return {};
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, *row.contact));
  if (chat) {
    EDGE_CHECK(chats::add_info_message(write.tx, write.scope, chat->id, SystemMessage::securejoin,
                                       "Joining failed: " + why + ".", *row.contact));
  }
  EDGE_CHECK(write.emit(Error{"Joining failed: " + why + "."}));
  return write.emit(SecurejoinJoinerProgress{*row.contact, 0});
}

// Whether a join is to this group; "": to the contact alone.
bool is_to(const Join& join, std::string_view group) {
  return join.invite.group ? join.invite.group->id == group : group.empty();
}

// Whether the mail tells of what was joined.
bool is_joined_by(const Join& join, const ChatMail& mail) {
  if (join.elsewhere() && !join.invite.group) return mail.group && mail.group->channel;
  return is_to(join, mail.group ? mail.group->id : "");
}

// A contact or group is joined again: earlier joins end.
base::Result<> end_earlier_joins(const kernel::WriteContext& write, ContactId contact,
                                 const MailInvite& invite) {
  EDGE_TRY(const auto joins, our_joins(write.scope));
  for (const Join& join : joins) {
    const bool same = is_to(join, invite.group ? invite.group->id : "");
    if (join.row.contact == contact && !join.elsewhere() && same) {
      EDGE_CHECK(store::delete_pending_join(write.scope, join.row.id));
    }
  }
  return {};
}

// ---- steps that arrive, by name ----

base::Result<> take_request_pubkey(const kernel::WriteContext& write, const OwnKey& own,
                                   const OpenedMail& opened) {
  if (opened.seal != MailSeal::passphrase || !opened.secret) return {};
  if (opened.secret->inviter != own_fingerprint(own)) return {};
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
  return queue_step(write, std::move(step), std::nullopt);
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
  return queue_step(write, std::move(step), contact.id);
}

// The inviter's answer: by the passphrase in version 3, to our key in version 2.
base::Result<> take_inviters_key(const kernel::WriteContext& write, const OpenedMail& opened) {
  if (!opened.signer || opened.seal == MailSeal::plain) return {};
  const std::string fingerprint = opened.signer->fingerprint().hex();
  EDGE_TRY(auto joins, our_joins(write.scope));
  for (Join& join : joins) {
    if (join.row.state != JoinState::waiting || !join.row.contact) continue;
    if (join.invite.fingerprint != fingerprint) continue;
    const bool by_passphrase = opened.seal == MailSeal::passphrase;
    if (by_passphrase &&
        (opened.secret->inviter != fingerprint || opened.secret->auth != join.invite.secret)) {
      continue;
    }
    EDGE_TRY(store::ContactRow contact, store::load_contact(write.scope, *join.row.contact));
    EDGE_CHECK(learn_certificate(write, contact, *opened.signer));
    EDGE_CHECK(request_with_auth(write, join, contact));
  }
  return {};
}

base::Result<bool> is_member(const store::Scope& scope, ChatId chat, ContactId contact) {
  EDGE_TRY(const chats::Group group, chats::load_group(scope, chat));
  EDGE_TRY(const MemberKey key, chats::key_of(scope, contact));
  return group.state.has(key);
}

// False: the joiner is not sent anything.
base::Result<bool> admit(const kernel::WriteContext& write, const store::InviteRow& invite,
                         const store::ContactRow& contact, const std::string& addr) {
  EDGE_TRY(const auto row, store::find_group(write.scope, *invite.chat));
  if (!row || !row->self_present) return false;
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, *invite.chat));
  if (chat.type != ChatType::out_broadcast) {
    EDGE_TRY(const bool joined_before, is_member(write.scope, chat.id, contact.id));
    EDGE_CHECK(groups::admit_joiner(write, invite, contact.id));
    if (!joined_before) return true;
    if (!mail_protocol(write.core).welcomes(write.account.id, chat.id, contact.id)) return false;
    EDGE_CHECK(queue_welcome(write, row->uuid, contact.id, addr));
    return true;
  }
  EDGE_TRY(const Admission admission, admit_reader(write, chat.id, contact.id));
  if (admission == Admission::refused) return false;
  if (!mail_protocol(write.core).welcomes(write.account.id, chat.id, contact.id)) {
    return admission == Admission::added;
  }
  if (admission == Admission::welcome) {
    EDGE_CHECK(queue_welcome(write, row->uuid, contact.id, addr));
  }
  EDGE_CHECK(groups::queue_last_messages(write, chat.id, contact.id));
  return true;
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
    EDGE_TRY(const bool admitted, admit(write, *invite, contact, opened.mail.from.addr));
    if (!admitted) return {};
  } else {
    JoinStep step;
    step.step = "vc-contact-confirm";
    step.to = {opened.mail.from.addr};
    EDGE_CHECK(queue_step(write, std::move(step), contact.id));
  }
  EDGE_CHECK(write.emit(SecurejoinInviterProgress{contact.id, 1000}));
  return outbox::release_waiting(write, contact.id);
}

// A group's members are all told that somebody was added; only we wait for that.
bool adds_us(const OwnKey& own, const ChatMail& mail) {
  if (mail.join->step != "vg-member-added") return true;
  const auto* added = mail.group ? std::get_if<MemberAdded>(&mail.group->change) : nullptr;
  return added != nullptr && added->fingerprint == own.certificate.fingerprint();
}

base::Result<> take_confirmation(const kernel::WriteContext& write, const OwnKey& own,
                                 const OpenedMail& opened) {
  if (opened.seal != MailSeal::key || !opened.signer || !adds_us(own, opened.mail)) return {};
  EDGE_TRY(const auto contact, find_by_fingerprint(write.scope, opened.signer->fingerprint()));
  if (!contact) return {};
  EDGE_TRY(const auto joins, our_joins(write.scope));
  for (const Join& join : joins) {
    if (join.row.contact == contact->id && join.row.state == JoinState::answered &&
        is_joined_by(join, opened.mail)) {
      EDGE_CHECK(end_join(write, join.row));
    }
  }
  return {};
}

// What another device of ours asked the contact for. Core's names a group and no channel.
base::Result<> expect_elsewhere(const kernel::WriteContext& write, const store::ContactRow& contact,
                                const std::string& group) {
  if (!group.empty() && !is_group_id(group)) return {};
  EDGE_TRY(const auto joins, our_joins(write.scope));
  std::size_t elsewhere = 0;
  for (const Join& join : joins) {
    if (join.elsewhere()) ++elsewhere;
    if (join.row.contact == contact.id && is_to(join, group)) return {};
  }
  if (elsewhere >= kMaxJoinsElsewhere) return {};
  const auto fingerprint = fingerprint_of(contact);
  if (!fingerprint) return {};
  MailInvite invite;
  invite.fingerprint = fingerprint->hex();
  invite.addr = contact.addr;
  if (!group.empty()) invite.group = MailInvite::Group{group, "?", false};
  const std::string link = to_link(invite);
  PendingJoinRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "pending_join"));
  row.role = JoinRole::joiner;
  row.state = JoinState::answered;
  row.contact = contact.id;
  row.route_id = contact.route_id.value_or(0);
  row.created_at = write.steady();
  row.memory = crypto::WipingBytes(link.begin(), link.end());
  return store::insert_pending_join(write.scope, row);
}

}  // namespace

base::Result<bool> is_joined_elsewhere(const store::Scope& scope, ContactId contact,
                                       std::string_view channel) {
  EDGE_TRY(const auto joins, our_joins(scope));
  return std::any_of(joins.begin(), joins.end(), [&](const Join& join) {
    if (!join.elsewhere() || join.row.contact != contact) return false;
    return !join.invite.group || join.invite.group->id == channel;
  });
}

base::Result<> queue_welcome(const kernel::WriteContext& write, const GroupId& group,
                             ContactId member, const std::string& addr) {
  JoinStep step;
  step.step = "vg-member-added";
  step.to = {addr};
  step.group = stored_group_text(write.scope, group);
  return queue_step(write, std::move(step), member);
}

base::Result<std::string> mail_invite_link(const kernel::WriteContext& write,
                                           std::optional<ChatId> chat) {
  EDGE_TRY(const OwnKeyPtr own, own_key(write));
  EDGE_TRY(auto live, store::live_invite(write.scope, chat));
  if (!live || age_of(write, *live) > kSecretIsGiven) {
    EDGE_TRY(live, make_mail_invite(write, chat));
  }
  MailInvite invite;
  invite.fingerprint = own_fingerprint(*own);
  invite.addr = write.account.addr();
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  invite.name = plain_name(name.value_or(""));
  if (chat) {
    EDGE_TRY(invite.group, invited_mail_group(write.scope, write.account, *chat));
    if (invite.group->channel) EDGE_CHECK(ensure_channel_secret(write, *chat));
  }
  invite.number = invite_number(*live);
  invite.secret = auth_of(*live);
  invite.v3 = true;
  const auto& relays = own->certificate.info().relays;
  for (const std::string& relay : relays) {
    if (relay != invite.addr) invite.relays.push_back(relay);
  }
  return to_link(invite);
}

base::Result<> toggle_mail_invite(const kernel::WriteContext& write, const std::string& link) {
  EDGE_TRY(const MailInvite invite, parse_mail_invite(link));
  EDGE_TRY(const OwnKeyPtr own, own_key(write));
  if (invite.fingerprint != own_fingerprint(*own)) {
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

base::Result<ChatId> start_mail_join(const kernel::WriteContext& write, const std::string& link) {
  EDGE_TRY(const MailInvite invite, parse_mail_invite(link));
  EDGE_TRY(const OwnKeyPtr own, own_key(write));
  if (invite.fingerprint == own_fingerprint(*own)) {
    return fail(Errc::invalid_argument,
                "this is your own invite link; give it to the person who should join you");
  }
  const auto fingerprint = crypto::openpgp::Fingerprint::from_hex(invite.fingerprint);
  if (!fingerprint || invite.addr.empty() || invite.secret.empty()) {
    return fail(Errc::invalid_argument,
                "the invite link lacks the inviter's fingerprint, address or secret (s=)");
  }
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, *fingerprint, invite.addr, plain_name(invite.name),
                       store::ContactState::known));
  ExpectedChannel channel;
  if (invite.group && invite.group->channel) {
    EDGE_TRY(channel, expect_channel(write, invite));
    if (channel.joined) {
      EDGE_CHECK(write.emit(SecurejoinJoinerProgress{contact.id, 1000}));
      return channel.chat;
    }
  }
  contact.state = store::ContactState::known;
  contact.blocked = false;  // joining accepts the contact's messages
  if (!contact.route_id) {
    EDGE_TRY(contact.route_id, store::find_mail_route(write.scope));
  }
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_CHECK(end_earlier_joins(write, contact.id, invite));
  EDGE_TRY(const store::ChatRow chat,
           chats::ensure_single_chat(write.tx, write.scope, contact.id, store::ChatBlocked::no));
  ChatId shown = chat.id;
  if (invite.group && invite.group->channel) {
    shown = channel.chat;
  } else if (invite.group) {
    EDGE_TRY(shown, expect_mail_group(write, invite));
  }
  Join join{{}, invite};
  EDGE_TRY(join.row.id, write.tx.next_id(write.account.id, "pending_join"));
  join.row.role = JoinRole::joiner;
  join.row.contact = contact.id;
  join.row.route_id = contact.route_id.value_or(0);
  join.row.created_at = write.steady();
  join.row.memory = crypto::WipingBytes(link.begin(), link.end());
  EDGE_CHECK(store::insert_pending_join(write.scope, join.row));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  EDGE_TRY(const auto certificate, certificate_of(contact));
  if (certificate) {
    EDGE_CHECK(request_with_auth(write, join, contact));
    return shown;
  }
  JoinStep step;
  step.to = {invite.addr};
  step.to.insert(step.to.end(), invite.relays.begin(), invite.relays.end());
  if (invite.v3 || invite.number.empty()) {
    step.step = "vc-request-pubkey";  // for groups too
    step.seal = JoinSeal::passphrase;
    step.inviter = invite.fingerprint;
    step.auth = invite.secret;
  } else {
    step.step = word_of(invite, "request");
    step.seal = JoinSeal::plain;
    step.number = invite.number;
  }
  EDGE_CHECK(queue_step(write, std::move(step), contact.id, join.row.id));
  return shown;
}

base::Result<std::vector<JoinSecret>> join_secrets(const store::Scope& scope, const OwnKey& own) {
  std::vector<JoinSecret> secrets;
  EDGE_TRY(const auto invites, store::live_invites(scope));
  for (const store::InviteRow& invite : invites) {
    secrets.push_back({own_fingerprint(own), auth_of(invite)});
  }
  EDGE_TRY(const auto joins, our_joins(scope));
  for (const Join& join : joins) {
    if (join.row.state == JoinState::waiting) {
      secrets.push_back({join.invite.fingerprint, join.invite.secret});
    }
  }
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

base::Result<> step_refused(const kernel::WriteContext& write, std::int64_t join_id,
                            const std::string& why) {
  EDGE_TRY(const auto row, store::find_pending_join(write.scope, join_id));
  return row ? fail_join(write, *row, why) : base::Result<>{};
}

base::Result<> expire_mail_joins(const kernel::WriteContext& write, UnixMillis now) {
  EDGE_TRY(const auto joins, our_joins(write.scope));
  for (const Join& join : joins) {
    if (join.row.created_at > now - kJoinLifetime) continue;
    if (join.elsewhere()) {  // the other device says so
      EDGE_CHECK(store::delete_pending_join(write.scope, join.row.id));
      continue;
    }
    EDGE_CHECK(fail_join(write, join.row, "the inviter did not answer in 14 days"));
  }
  return {};
}

}  // namespace messaging::mail
