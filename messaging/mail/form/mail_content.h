// Contents as mails, and mails as contents: what the chats, groups and the outbox know as Content
// (messaging/model/content.h) is a ChatMail on the way.
//
// Pure: what a store has to answer comes by MailNames.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messaging/mail/form/chat_mail.h"
#include "messaging/model/content.h"

namespace messaging::mail {

// Translates between MessageRef and Message-ID. Message-IDs name a message without its author; the
// store knows both.
class MailNames {
 public:
  virtual ~MailNames() = default;
  // The Message-ID of a message that one of our contents refers to.
  virtual std::string message_id(const MessageRef& ref) const = 0;
  // The reference by which a content of the mail's sender means this message. nullopt: the message
  // is not here, and is then taken for one of the sender's own that may come.
  virtual std::optional<MessageRef> reference(std::string_view message_id) const = 0;
};

// A content that a mail brings, and its file: the content has a FileNote with the file's name,
// media type and size; the other fields of the note are zero until the file is sealed.
struct MailContent {
  Content content;
  const MailFile* file = nullptr;  // in the mail; nullptr: none
};

// The contents of a mail, in the order in which they are applied. The one that a chat shows has the
// uuid of the mail's Message-ID (of a pre-message: of the post-message's), others have uuids
// derived from it. A pre-message's content has a FileNote and no file. Steps of SecureJoin, sync
// messages, and what a mail says of its sender and group besides, are none. `mail` outlives the
// result.
//
// Contents of groups have no digest: the caller sets the present state's.
std::vector<MailContent> to_content(const ChatMail& mail, const MailNames& names);

// What a mail says of its sender; most do.
struct MailProfile {
  std::string name;                   // "" not said
  std::optional<std::string> status;  // nothing: not said
  bool bot = false;
};
// nullopt: not of a chat client, or a receipt.
std::optional<MailProfile> profile_of(const ChatMail& mail);

// A register's number by the mail's date: of two values the later mail's counts.
std::uint64_t number_of(const ChatMail& mail);

// Sets the body of a mail, and the headers that belong to the content, for one of our contents.
// `mail` has its frame: from, to, message id, date, references, key, group; and what stays for
// messages alone: wants_receipt, and in its MailText the footer. `file`: the content's file. False:
// mails cannot say this (contents of the gateways' own protocol, receipts of arrival, profiles,
// which go along with messages).
bool put_content(ChatMail& mail, const Content& content, const MailNames& names,
                 std::optional<MailFile> file);

}  // namespace messaging::mail
