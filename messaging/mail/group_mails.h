// Groups by mail. A group's state is a GroupState as everywhere (messaging/groups): an arriving
// mail is read as a state to merge (form/mail_group.h), and every mail to a group carries the whole
// state. So states are never requested nor sent by themselves.
//
// Our own changes are queued as GroupUpdates, one for each member, with the line in the chat that
// they belong to; the line names the change that the mail is about. An update without a line (a
// group that is announced before its first message) becomes no mail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/chats/group_row.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_opener.h"
#include "messaging/model/content.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/types.h"
#include "store/blobs.h"
#include "store/tables/contacts.h"

namespace messaging::mail {

// The text of a group's id in mails and links.
std::string stored_group_text(const store::Scope& scope, const GroupId& id);
base::Result<> note_group_text(const kernel::WriteContext& write, const std::string& text);

// ---- mails that arrive; in the writer's transaction ----

// Applies the mail's data of its group if the sender may change it. The sender of a copy of our own
// mail, from another device of ours, is our own contact. `picture`: the mail's, sealed. True: the
// group is here, and the mail's contents are applied next.
base::Result<bool> take_group_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                   const store::ContactRow& sender,
                                   const std::optional<store::BlobInfo>& picture);
// Makes the mail's picture the group's if the group's state names it. Otherwise deletes the group's
// old picture if the state names another one.
base::Result<> take_group_picture(const kernel::WriteContext& write, chats::Group& group,
                                  const ChatMail& mail,
                                  const std::optional<store::BlobInfo>& picture);
// The state's digest for a GroupText: the mail carried its state, so the sender has the present
// one.
base::Result<GroupDigest> group_digest(const store::Scope& scope, const GroupId& group,
                                       ContactId sender);

// ---- joining ----

// For our invite's link. Errc::forbidden: we may not invite to this chat.
base::Result<MailInvite::Group> invited_mail_group(const store::Scope& scope,
                                                   const kernel::AccountState& account,
                                                   ChatId chat);
// The chat of the group that a link invites to; we are no member yet.
base::Result<ChatId> expect_mail_group(const kernel::WriteContext& write, const MailInvite& invite);

// ---- mails of ours ----

struct GroupFrame {
  enum class Says {
    content,  // it is put into the mail next
    change,   // the mail is complete
    silence,  // there is nothing to send
  };
  Says says = Says::silence;
  std::optional<std::int64_t> image;  // blob of the picture that the mail has to bring
  crypto::WipingBytes secret;  // of a channel, which seals the mail; empty: contacts' keys do
};
// The group that a content of ours is for.
base::Result<std::optional<GroupId>> group_of_content(const store::Scope& scope,
                                                      const Content& content);
// Sets To and the group's headers. `mail` has From and its date; `line`: of the outbox's row.
// `introduce`: adds the description, the picture and the members' keys, which members may lack.
base::Result<GroupFrame> frame_group(const store::Scope& scope, const kernel::AccountState& account,
                                     ChatMail& mail, const GroupId& group, const Content& content,
                                     std::optional<MsgId> line, bool introduce);
// The same for the mail to a new member that joined our group or channel; `mail` has its recipient.
base::Result<GroupFrame> frame_welcome(const store::Scope& scope,
                                       const kernel::AccountState& account, ChatMail& mail,
                                       const GroupId& group, ContactId joiner);

}  // namespace messaging::mail
