#include "messaging/mail/invite_tokens.h"

#include <algorithm>
#include <array>

#include "crypto/encoding.h"
#include "crypto/random.h"

namespace messaging::mail {

std::string invite_auth(const store::InviteRow& invite) {
  return crypto::base64url_encode(invite.secret.view().first<kInviteAuthBytes>());
}

std::string invite_number(const store::InviteRow& invite) {
  return invite.number.substr(0, invite.number.find(' '));
}

base::Result<> learn_invite(const kernel::WriteContext& write, std::string_view number,
                            std::string_view auth, std::optional<base::ChatId> chat) {
  std::array<std::uint8_t, kInviteAuthBytes> secret{};
  if (!crypto::base64url_decode_to(auth, secret)) {
    return base::fail(base::Errc::invalid_argument, "an invite's secret has another form");
  }
  std::string name(number);
  EDGE_TRY(auto known, store::find_invite_by_number(write.scope, name));
  if (known && invite_auth(*known) != auth) {
    name += " " + std::string(auth);
    EDGE_TRY(known, store::find_invite_by_number(write.scope, name));
  }
  if (known) return store::set_invite_withdrawn(write.scope, known->id, false);
  EDGE_TRY(const auto live, store::live_invites(write.scope));
  if (live.size() >= kMostInvites) {
    EDGE_CHECK(store::set_invite_withdrawn(write.scope, live.front().id, true));
  }
  store::InviteRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "invite"));
  row.chat = chat;
  row.created_at = write.tx.now();
  row.number = std::move(name);
  crypto::random_bytes(row.secret);
  std::copy(secret.begin(), secret.end(), row.secret.begin());
  return store::insert_invite(write.scope, row);
}

base::Result<> withdraw_invites(const kernel::WriteContext& write, std::string_view number) {
  EDGE_TRY(const auto live, store::live_invites(write.scope));
  for (const store::InviteRow& invite : live) {
    if (invite_number(invite) != number) continue;
    EDGE_CHECK(store::set_invite_withdrawn(write.scope, invite.id, true));
  }
  return {};
}

}  // namespace messaging::mail
