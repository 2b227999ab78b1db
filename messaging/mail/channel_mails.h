// Channels by mail. A channel is a GroupState with an owner, as between gateways; its posts are
// signed by the owner and sealed by a secret that every reader has. A reader gets the secret when
// it is added, in a mail to its key, and nobody is informed of other readers. The secret stays the
// same when a reader goes: posts are sent to those who are there. It is stored sealed with the
// group's row and wiped when we are in the channel no more.
//
//   owner                                         reader
//                                              <- join by the channel's link (mail_inviter.h)
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

// An account reads at most this many channels; each costs one attempt for every sealed mail of a
// stranger.
inline constexpr std::size_t kMaxReadChannels = 200;
// The most channels of ours whose posts by another device are opened.
inline constexpr std::size_t kMaxOwnChannels = 100;

struct ChannelSecret {
  GroupId channel{};
  crypto::WipingBytes secret;
};
// The secrets of the channels that we read, and of our own when the account has other devices: the
// latest ones of too many.
base::Result<std::vector<ChannelSecret>> channel_secrets(const store::Scope& scope);

// ---- in the writer's transaction ----

// Applies a mail to its channel: for a reader the owner's changes, for the owner a reader's
// leaving. True: the mail's contents are applied next.
base::Result<bool> take_channel_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                     const std::optional<store::BlobInfo>& picture);

// The same for a mail of another device of ours: as the owner, its changes of readers and channel
// and its posts; as a reader, that it left.
base::Result<bool> take_own_channel_mail(const kernel::WriteContext& write,
                                         const OpenedMail& opened,
                                         const std::optional<store::BlobInfo>& picture);

// The channel of a link whose owner has not added us yet.
struct ExpectedChannel {
  ChatId chat;
  bool joined = false;  // we read it already
};
base::Result<ExpectedChannel> expect_channel(const kernel::WriteContext& write,
                                             const MailInvite& invite);

// Creates the secret of our own channel, once, and queues it for the present readers: those of a
// channel that is older than secrets.
base::Result<> ensure_channel_secret(const kernel::WriteContext& write, ChatId chat);

// What is sent to a reader that proved the link's secret.
enum class JoinOutcome {
  added,    // the change, with a line and a row of the outbox
  welcome,  // it was a reader before: only the secret again
  refused,  // there is no such channel any more, or no room in it
};
base::Result<JoinOutcome> add_reader(const kernel::WriteContext& write, ChatId chat,
                                     ContactId contact);

}  // namespace messaging::mail
