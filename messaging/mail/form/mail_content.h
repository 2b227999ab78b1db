// Converts mails to contents and contents to mails: Content (messaging/model/content.h) is the form
// that chats, groups and the outbox know, ChatMail the form on the wire.
//
// Pure functions: MailNames answers what only the store knows.
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
  // The reference by which a content of the mail's sender names this message. nullopt: the message
  // is not here, and counts as one of the sender's own that may still come.
  virtual std::optional<MessageRef> reference(std::string_view message_id) const = 0;
};

// A content of a mail, and its file. The content has a FileNote with the file's name, media type
// and size; the note's other fields are zero until the file is sealed.
struct MailContent {
  Content content;
  const MailFile* file = nullptr;  // in the mail; nullptr: none
};

// The contents of a mail, in the order in which they are applied. The visible message has the uuid
// of the mail's Message-ID (a pre-message: of the post-message's); the others have uuids derived
// from it. A pre-message's content has a FileNote and no file. Steps of SecureJoin, sync messages,
// and the mail's data of its sender and group are no contents. `mail` outlives the result.
//
// Contents of groups have no digest: the caller sets that of the present state.
std::vector<MailContent> to_content(const ChatMail& mail, const MailNames& names);

// The sender's data, which most mails carry.
struct MailProfile {
  std::string name;                   // "" not said
  std::optional<std::string> status;  // nothing: not said
  bool bot = false;
};
// nullopt: not of a chat client, or a receipt.
std::optional<MailProfile> profile_of(const ChatMail& mail);

// The number of a register's value by the mail's date: of two values, the later mail's wins.
std::uint64_t number_of(const ChatMail& mail);

// Sets the mail's body, and the headers that belong to the content, from one of our contents.
// `mail` has its frame: from, to, message id, date, references, key, group; and for messages
// wants_receipt and the MailText's footer. `file`: the content's file. False: mails cannot carry
// this (contents of the gateways' own protocol, receipts of arrival, and profiles, which every mail
// carries).
bool put_content(ChatMail& mail, const Content& content, const MailNames& names,
                 std::optional<MailFile> file);

}  // namespace messaging::mail
