// MessagePage: messages and everything that is shown with them, read from one snapshot.
#pragma once

#include <unordered_map>
#include <vector>

#include "messaging/api/protected_files.h"
#include "messaging/api/views.h"
#include "messaging/model/vcard.h"

namespace messaging {

struct MessagePage {
  std::vector<base::Result<Message>> messages;           // one for each id asked, in order
  std::unordered_map<MsgId, Message> quoted;             // what they quote, where it opens
  std::unordered_map<ContactId, Contact> people;         // who wrote either, where the record opens
  std::unordered_map<MsgId, FileAccessInfo> access;      // access to the protected files among them
  std::unordered_map<MsgId, Vcard> cards;                // of vCards among them
  std::unordered_map<ChatId, base::Result<Chat>> chats;  // that they are in, where asked for
  std::optional<ChatId> device_chat;  // for a note in the place of a message that does not open
};

base::Result<Message> read_message(const View& view, MsgId message);
enum class PageChats { without, with };
// `people` has the device contact if a message, or its sender's record, does not open.
base::Result<MessagePage> read_page(const View& view, const std::vector<MsgId>& messages,
                                    PageChats chats = PageChats::without);

}  // namespace messaging
