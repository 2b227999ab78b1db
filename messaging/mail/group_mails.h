// Groups by mail. A group's state is a GroupState as everywhere (messaging/groups); a mail for a
// group is read as a state to merge (form/mail_group.h), and what is sent says the whole state.
// Nobody asks for a state and nobody is sent one by itself: every mail brings it.
//
// Our own changes are queued as GroupUpdates, one for each member, with the line in the chat that
// they belong to; the line says which change the mail is about. An update without a line (a group
// that is told of before its first message) is no mail.
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

// Takes what the mail says of its group, if its sender may say it; of our own mail, which another
// device of ours sent, our own contact is the sender. `picture`: the mail's, sealed.
// True: the group is here, and the mail's contents are applied next.
base::Result<bool> take_group_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                   const store::ContactRow& sender,
                                   const std::optional<store::BlobInfo>& picture);
// Makes the mail's picture the group's, if the group's state names it; else its old one goes.
base::Result<> take_group_picture(const kernel::WriteContext& write, chats::Group& group,
                                  const ChatMail& mail,
                                  const std::optional<store::BlobInfo>& picture);
// For GroupText: a mail brings its state along, so that the sender has the present one.
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
// `introduce`: members may not know the description, the picture and each other's keys.
base::Result<GroupFrame> frame_group(const store::Scope& scope, const kernel::AccountState& account,
                                     ChatMail& mail, const GroupId& group, const Content& content,
                                     std::optional<MsgId> line, bool introduce);
// The same for the mail to somebody who joined our group or channel and is a member by now; `mail`
// has its recipient.
base::Result<GroupFrame> frame_welcome(const store::Scope& scope,
                                       const kernel::AccountState& account, ChatMail& mail,
                                       const GroupId& group, ContactId joiner);

}  // namespace messaging::mail
