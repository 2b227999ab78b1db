#include "messaging/peering/invites.h"

#include "crypto/encoding.h"
#include "crypto/invite.h"
#include "crypto/random.h"
#include "messaging/groups/group_joining.h"
#include "messaging/model/deposit.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/reach.h"
#include "store/tables/config_values.h"
#include "store/tables/deposit_tokens.h"

namespace messaging::peering {
namespace {

base::Result<> allow_by(const kernel::WriteContext& write, const store::InviteRow& row,
                        UnixMillis at) {
  return store::insert_deposit_token(
      write.scope,
      {deposit_key_id({row.token}), store::TokenPurpose::invite, row.id, at, row.token});
}

base::Result<std::string> link_of(kernel::Core& core, const store::Scope& scope,
                                  const kernel::AccountState& account,
                                  const store::InviteRow& row) {
  crypto::Invite invite;
  invite.identity = account.identity.public_key();
  invite.addr = account.addr();
  EDGE_TRY(const auto name, store::find_config_value(scope, "displayname"));
  invite.name = plain_name(name.value_or(""));
  invite.number = row.number;
  invite.secret = row.secret;
  Reach reach = reach_of(core, account);
  invite.urls = std::move(reach.urls);
  invite.mailbox = std::move(reach.mailbox);
  invite.token = crypto::base64url_encode(row.token);
  if (row.chat) {
    EDGE_TRY(invite.group, groups::invited_group(scope, account, *row.chat));
  }
  return crypto::to_link(invite);
}

base::Result<store::InviteRow> make_invite(const kernel::WriteContext& write,
                                           std::optional<ChatId> chat) {
  store::InviteRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "invite"));
  row.chat = chat;
  row.created_at = write.tx.now();
  row.number = crypto::base64url_encode(crypto::random_array<16>());
  crypto::random_bytes(row.secret);
  row.token = DepositToken::generate().bytes;
  EDGE_CHECK(store::insert_invite(write.scope, row));
  EDGE_CHECK(allow_by(write, row, row.created_at));
  return row;
}

}  // namespace

base::Result<crypto::Invite> read_invite(std::string_view link) {
  EDGE_TRY(crypto::Invite invite, crypto::parse_invite(link));
  invite.name = plain_name(invite.name);
  invite.addr = plain_name(invite.addr, kMaxAddress);
  if (invite.group) invite.group->name = plain_name(invite.group->name);
  return invite;
}

base::Result<std::string> invite_link(const kernel::WriteContext& write,
                                      std::optional<ChatId> chat) {
  EDGE_TRY(auto live, store::live_invite(write.scope, chat));
  if (!live) {
    EDGE_TRY(live, make_invite(write, chat));
  }
  return link_of(write.core, write.scope, write.account, *live);
}

base::Result<> toggle_invite(const kernel::WriteContext& write, const store::InviteRow& own) {
  EDGE_CHECK(store::set_invite_withdrawn(write.scope, own.id, !own.withdrawn));
  if (own.withdrawn) return allow_by(write, own, write.tx.now());
  return store::delete_deposit_token(write.scope, deposit_key_id({own.token}));
}

base::Result<> forget_invites(const kernel::WriteContext& write) {
  EDGE_CHECK(store::delete_deposit_tokens(write.scope, store::TokenPurpose::invite));
  return store::delete_invites(write.scope);
}

}  // namespace messaging::peering
