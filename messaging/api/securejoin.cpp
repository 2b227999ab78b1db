#include "messaging/api/securejoin.h"

#include "crypto/invite.h"
#include "crypto/invite_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/groups/group_joining.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/native_address.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/invites.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/relayed.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/invites.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

// The names in it come from the peer.
base::Result<crypto::Invite> read_invite(std::string_view link) {
  EDGE_TRY(crypto::Invite invite, crypto::parse_invite(link));
  invite.name = plain_name(invite.name);
  invite.addr = plain_name(invite.addr, kMaxAddress);
  if (invite.group) invite.group->name = plain_name(invite.group->name);
  return invite;
}

bool looks_like_invite(std::string_view text) {
  return crypto::invite::starts_with_caseless(text, "openpgp4fpr:") ||
         crypto::invite::starts_with_caseless(text, "https://i.privittytech.com/");
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
        return peering::invite_link(write, chat);
      },
      [this, account, done = std::move(done)](base::Result<std::string> link) mutable {
        if (!link) return done(std::move(link));
        // A joiner may use the invite at once, so the relay must know it first.
        relayed_.when_registered(account,
                                 [link = std::move(link), done = std::move(done)](
                                     const base::Result<>&) mutable { done(std::move(link)); });
      });
}

base::Result<InviteCheck> SecureJoin::check_mail(std::string_view link) {
  EDGE_TRY(MailInvite invite, parse_mail_invite(link));
  InviteCheck check;
  check.text = link;
  check.fingerprint = std::move(invite.fingerprint);
  check.name = std::move(invite.name);
  check.addr = std::move(invite.addr);
  check.v3 = invite.v3;
  if (check.addr.empty()) {
    check.kind = InviteCheck::Kind::fingerprint_alone;
  } else if (invite.number.empty() || invite.secret.empty()) {
    check.kind = InviteCheck::Kind::fingerprint_unknown;
  } else {
    check.kind = InviteCheck::Kind::ask_verify_contact;
    check.invite_number = std::move(invite.number);
    if (invite.group) {
      check.group = InviteCheck::Group{invite.group->id, invite.group->name, invite.group->channel};
    }
  }
  return check;
}

base::Result<InviteCheck> SecureJoin::check(AccountId account, const std::string& text) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  InviteCheck check;
  const std::string_view scanned = crypto::invite::trimmed(text);
  check.text = scanned;
  if (is_mail_invite(scanned)) return check_mail(scanned);
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
  EDGE_TRY(const crypto::Invite invite, read_invite(scanned));
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
  if (is_mail_invite(link)) {
    return done(fail(Errc::forbidden,
                     "this invite is of an e-mail account, and e-mail is not offered yet: ask for "
                     "one of a gateway"));
  }
  auto invite = read_invite(link);
  if (!invite) return done(std::move(invite).error());
  core_.write<ChatId>(
      account,
      [this, invite = *std::move(invite)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<ChatId> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(write.check_configured());
        EDGE_TRY(const ChatId chat, peering::start_join(write, invite));
        if (!invite.group) return chat;
        return groups::expect_group(write, invite);
      },
      std::move(done));
}

void SecureJoin::toggle_own(AccountId account, std::string link, base::Completion<> done) {
  auto invite = crypto::parse_invite(link);
  if (!invite) return done(std::move(invite).error());
  core_.write<void>(
      account,
      [this, number = invite->number, key = invite->identity](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        if (key != state.identity.public_key()) {
          return fail(Errc::invalid_argument,
                      "this invite link is somebody else's; use secure_join to join them");
        }
        EDGE_TRY(const auto own, store::find_invite_by_number(scope, number));
        if (!own) return fail(Errc::not_found, "no invite of this account has this number");
        return peering::toggle_invite({core_, tx, scope, state}, *own);
      },
      std::move(done));
}

}  // namespace messaging
