#include "messaging/mail/mail_joiner.h"

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_outbox.h"
#include "messaging/mail/mail_protocol.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/pending_joins.h"
#include "store/tables/routes.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;
using store::JoinRole;
using store::JoinState;
using store::PendingJoinRow;

constexpr base::Millis kJoinLifetime = 14 * 24 * 3600 * base::Millis{1000};

struct Join {
  PendingJoinRow row;
  MailInvite invite;
  // Another device of ours joins: the contact is known, the link is not. Of a channel its id may be
  // unknown too.
  bool elsewhere() const { return invite.secret.empty(); }
};

constexpr std::size_t kMaxJoinsElsewhere = 50;  // joins of other devices beyond it are ignored

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
  EDGE_CHECK(queue_join_step(write, std::move(step), contact.id, join.row.id));
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

// Whether the mail is of what was joined.
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

// All members of a group are notified that somebody was added; only we wait for that.
bool adds_us(const OwnKey& own, const ChatMail& mail) {
  if (mail.join->step != "vg-member-added") return true;
  const auto* added = mail.group ? std::get_if<MemberAdded>(&mail.group->change) : nullptr;
  return added != nullptr && added->fingerprint == own.certificate.fingerprint();
}

}  // namespace

base::Result<ChatId> start_mail_join(const kernel::WriteContext& write, const std::string& link) {
  EDGE_TRY(const MailInvite invite, parse_mail_invite(link));
  EDGE_TRY(const OwnKeyPtr own, mail_protocol(write.core).keys().get(write.scope));
  if (invite.fingerprint == own->certificate.fingerprint().hex()) {
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
  EDGE_CHECK(queue_join_step(write, std::move(step), contact.id, join.row.id));
  return shown;
}

base::Result<std::vector<JoinSecret>> pending_join_secrets(const store::Scope& scope) {
  std::vector<JoinSecret> secrets;
  EDGE_TRY(const auto joins, our_joins(scope));
  for (const Join& join : joins) {
    if (join.row.state == JoinState::waiting) {
      secrets.push_back({join.invite.fingerprint, join.invite.secret});
    }
  }
  return secrets;
}

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

base::Result<bool> is_joined_elsewhere(const store::Scope& scope, ContactId contact,
                                       std::string_view channel) {
  EDGE_TRY(const auto joins, our_joins(scope));
  return std::any_of(joins.begin(), joins.end(), [&](const Join& join) {
    if (!join.elsewhere() || join.row.contact != contact) return false;
    return !join.invite.group || join.invite.group->id == channel;
  });
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
    if (join.elsewhere()) {  // the other device reports it
      EDGE_CHECK(store::delete_pending_join(write.scope, join.row.id));
      continue;
    }
    EDGE_CHECK(fail_join(write, join.row, "the inviter did not answer in 14 days"));
  }
  return {};
}

}  // namespace messaging::mail
