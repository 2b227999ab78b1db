// Channels by mail. A channel is a GroupState with an owner, as between gateways; its posts are
// signed by the owner and sealed by a secret that every reader has. A reader gets the secret when
// it is added, in a mail to its key, and nobody is told of other readers. The secret stays the same
// when a reader goes: posts are sent to those who are there. It is stored sealed with the group's
// row and wiped when we are in the channel no more.
//
//   owner                                         reader
//                                              <- join by the channel's link (mail_joining.h)
//   vg-member-added with the secret, by key ->
//   the last posts ->
//   posts and changes, by the secret ->
//                                              <- leaves, by key
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/types.h"
#include "store/blobs.h"
#include "store/tables/contacts.h"

namespace messaging::mail {

// An account reads this many channels; each costs every sealed mail of a stranger one attempt.
inline constexpr std::size_t kMaxReadChannels = 200;
// Of so many channels of ours another device's posts are opened.
inline constexpr std::size_t kMaxOwnChannels = 100;

struct ChannelSecret {
  GroupId channel{};
  crypto::WipingBytes secret;
};
// Of the channels that we read; and of our own, when the account has other devices. The last ones
// of more.
base::Result<std::vector<ChannelSecret>> channel_secrets(const store::Scope& scope);

// ---- in the writer's transaction ----

// Takes what a mail says of its channel: to a reader what the owner says, to the owner that a
// reader leaves. True: the mail's contents are applied next.
base::Result<bool> take_channel_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                     const std::optional<store::BlobInfo>& picture);

// The same of a mail that another device of ours sent: as the owner, whom it added and removed and
// what it changed and posted; as a reader, that it left.
base::Result<bool> take_own_channel_mail(const kernel::WriteContext& write,
                                         const OpenedMail& opened,
                                         const std::optional<store::BlobInfo>& picture);

// The channel of a link as whose reader we are waiting to be added.
struct ExpectedChannel {
  ChatId chat;
  bool joined = false;  // we read it already
};
base::Result<ExpectedChannel> expect_channel(const kernel::WriteContext& write,
                                             const MailInvite& invite);

// Makes the secret of our own channel, once. Readers who are there by then are sent it: those of a
// channel that is older than secrets are.
base::Result<> ensure_channel_secret(const kernel::WriteContext& write, ChatId chat);

// What a reader who proved the link's secret is to be sent.
enum class Admission {
  added,    // with a line and a row of the outbox
  welcome,  // it was a reader before: the secret again
  refused,  // there is no such channel any more, or no room in it
};
base::Result<Admission> admit_reader(const kernel::WriteContext& write, ChatId chat,
                                     ContactId contact);

}  // namespace messaging::mail
