#include "messaging/api/securejoin.h"

#include "crypto/invite.h"
#include "crypto/invite_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/groups/group_joining.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/native_address.h"
#include "messaging/peering/invites.h"
#include "messaging/peering/relayed.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/invites.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

bool looks_like_invite(std::string_view text) {
  return crypto::invite::starts_with_caseless(text, "openpgp4fpr:") ||
         crypto::invite::starts_with_caseless(text, "https://i.privittytech.com/");
}

// An account joins by links of the protocol that it speaks (decision 31).
base::Result<> check_spoken(const kernel::WriteContext& write, std::string_view link) {
  const bool by_mail = write.account.protocol() == kernel::ProtocolKind::mail;
  const bool for_mail = is_mail_invite(link);
  if (by_mail == for_mail || (!for_mail && !looks_like_invite(link))) return {};
  return fail(Errc::forbidden,
              for_mail ? "this invite is of an e-mail account, and this account is not reached by "
                         "e-mail: join from one that is, or ask for an invite of a gateway"
                       : "this invite is of a gateway, and this account is reached by e-mail: join "
                         "from an account of the gateways' own protocol, or ask for an invite of "
                         "Delta Chat");
}

}  // namespace

void SecureJoin::invite(AccountId account, std::optional<ChatId> chat,
                        base::Completion<std::string> done) {
  core_.write<std::string>(
      account,
      [this, chat](store::Tx& tx, const store::Scope& scope,
                   const kernel::AccountState& state) -> base::Result<std::string> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(write.check_configured());
        if (chat) EDGE_CHECK(groups::invited_group(scope, state, *chat));
        return write.protocol().invite_link(write, chat);
      },
      [this, account, done = std::move(done)](base::Result<std::string> link) mutable {
        if (!link) return done(std::move(link));
        // A joiner may use the invite at once, so the relay must know it first.
        relayed_.when_registered(account,
                                 [link = std::move(link), done = std::move(done)](
                                     const base::Result<>&) mutable { done(std::move(link)); });
      });
}

base::Result<InviteCheck> SecureJoin::check_mail(const store::Scope& scope, std::string_view link) {
  EDGE_TRY(MailInvite invite, parse_mail_invite(link));
  InviteCheck check;
  check.text = link;
  check.name = std::move(invite.name);
  check.addr = std::move(invite.addr);
  check.v3 = invite.v3;
  if (const auto fingerprint = base::from_hex(invite.fingerprint)) {
    EDGE_TRY(const auto known,
             store::find_key_owner(scope, kernel::ProtocolKind::mail, *fingerprint));
    if (known) check.contact = *known;
  }
  check.fingerprint = std::move(invite.fingerprint);
  if (invite.group) {
    check.group = InviteCheck::Group{invite.group->id, invite.group->name, invite.group->channel};
  }
  if (check.contact == kSelf) {
    EDGE_TRY(const auto own, store::find_invite_by_number(scope, invite.number));
    if (!own) {
      return fail(Errc::invalid_argument, "this invite link was yours, but is not known any more");
    }
    check.invite_number = std::move(invite.number);
    check.kind =
        own->withdrawn ? InviteCheck::Kind::revive_contact : InviteCheck::Kind::withdraw_contact;
    return check;
  }
  if (check.addr.empty()) {
    check.kind = InviteCheck::Kind::fingerprint_alone;
    check.group.reset();
  } else if (invite.secret.empty() || (invite.number.empty() && !invite.v3)) {
    check.kind = InviteCheck::Kind::fingerprint_unknown;
    check.group.reset();
  } else {
    check.kind = InviteCheck::Kind::ask_verify_contact;
    check.invite_number = std::move(invite.number);
  }
  return check;
}

base::Result<InviteCheck> SecureJoin::check(AccountId account, const std::string& text) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  InviteCheck check;
  const std::string_view scanned = crypto::invite::trimmed(text);
  check.text = scanned;
  if (is_mail_invite(scanned)) return check_mail(scope, scanned);
  if (is_account_link(scanned)) {
    check.kind = InviteCheck::Kind::account;
    EDGE_TRY(check.text, domain_of_account_link(scanned));
    return check;
  }
  if (is_login_link(scanned)) {
    check.kind = InviteCheck::Kind::login;
    EDGE_TRY(check.text, address_of_login_link(scanned));
    return check;
  }
  if (!looks_like_invite(scanned)) {
    const bool url = crypto::invite::starts_with_caseless(scanned, "http://") ||
                     crypto::invite::starts_with_caseless(scanned, "https://");
    check.kind = url ? InviteCheck::Kind::url : InviteCheck::Kind::text;
    return check;
  }
  EDGE_TRY(const crypto::Invite invite, peering::read_invite(scanned));
  check.fingerprint = invite.identity.fingerprint();
  check.invite_number = invite.number;
  check.name = invite.name;
  check.addr = invite.addr;
  if (invite.group) {
    EDGE_TRY(const groups::GroupMark mark, groups::parse_group_mark(invite.group->id));
    check.group = InviteCheck::Group{invite.group->id, invite.group->name, mark.channel};
  }
  if (invite.identity == read.account->identity.public_key()) {
    EDGE_TRY(const auto own, store::find_invite_by_number(scope, invite.number));
    if (!own) {
      return fail(Errc::invalid_argument, "this invite link was yours, but is not known any more");
    }
    check.contact = kSelf;
    check.kind =
        own->withdrawn ? InviteCheck::Kind::revive_contact : InviteCheck::Kind::withdraw_contact;
    return check;
  }
  check.kind = InviteCheck::Kind::ask_verify_contact;
  EDGE_TRY(const auto contact, chats::find_contact_by_key(scope, invite.identity.bytes()));
  if (contact) check.contact = contact->id;
  return check;
}

void SecureJoin::join(AccountId account, std::string link, base::Completion<ChatId> done) {
  core_.write<ChatId>(
      account,
      [this, link = std::move(link)](store::Tx& tx, const store::Scope& scope,
                                     const kernel::AccountState& state) -> base::Result<ChatId> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(write.check_configured());
        EDGE_CHECK(check_spoken(write, link));
        return write.protocol().join(write, link);
      },
      std::move(done));
}

void SecureJoin::toggle_own(AccountId account, std::string link, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, link = std::move(link)](store::Tx& tx, const store::Scope& scope,
                                     const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(check_spoken(write, link));
        return write.protocol().toggle_invite(write, link);
      },
      std::move(done));
}

}  // namespace messaging
