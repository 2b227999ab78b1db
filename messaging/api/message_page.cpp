#include "messaging/api/message_page.h"

#include <set>

#include "messaging/api/vcard_files.h"

namespace messaging {
namespace {

using base::Errc;

// Whether any person's record does not open.
base::Result<bool> add_people(const View& view, MessagePage& page,
                              const std::set<ContactId>& wanted) {
  bool sealed = false;
  for (const ContactId id : wanted) {
    auto contact = load_contact_view(view, id);
    if (contact) {
      page.people.emplace(id, *std::move(contact));
    } else if (contact.error().code == Errc::sealed) {
      sealed = true;
    } else {
      return std::move(contact).error();
    }
  }
  return sealed;
}

// What shows the note in the place of a message that does not open.
base::Result<> add_device(const View& view, MessagePage& page) {
  EDGE_CHECK(add_people(view, page, {kDeviceContact}));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(view.scope, kDeviceContact));
  if (chat && chat->blocked != store::ChatBlocked::yes) page.device_chat = chat->id;
  return {};
}

void add_chats(const View& view, MessagePage& page) {
  for (const auto& message : page.messages) {
    if (!message || page.chats.contains(message->chat)) continue;
    auto row = store::load_chat(view.scope, message->chat);
    page.chats.emplace(message->chat,
                       row ? view_chat(view, *row) : base::Result<Chat>(std::move(row).error()));
  }
}

}  // namespace

base::Result<Message> read_message(const View& view, MsgId message) {
  if (message.value < kFirstId) {
    return base::fail(Errc::not_found, "Can not load special message ID Msg#" +
                                           std::to_string(message.value) + " from the store");
  }
  EDGE_TRY(store::MessageRow row, store::load_message(view.scope, message));
  return view_message(view, std::move(row));
}

base::Result<MessagePage> read_page(const View& view, const std::vector<MsgId>& messages,
                                    PageChats chats) {
  MessagePage page;
  page.messages.reserve(messages.size());
  for (const MsgId id : messages) page.messages.push_back(read_message(view, id));
  std::set<MsgId> quoted;
  std::set<ContactId> wanted;
  bool sealed = false;
  for (const auto& message : page.messages) {
    if (!message) {
      sealed = sealed || message.error().code == Errc::sealed;
      continue;
    }
    wanted.insert(message->from);
    if (message->quote && message->quote->message) quoted.insert(*message->quote->message);
    if (auto card = card_of_message(view, *message)) page.cards.emplace(message->id, *card);
    if (!message->file || !message->file->is_protected) continue;
    // A damaged access row costs the access, not the message.
    if (auto access = view_file_access(view, message->id); access && *access) {
      page.access.emplace(message->id, **std::move(access));
    }
  }
  for (const MsgId id : quoted) {
    auto message = read_message(view, id);
    if (!message) continue;
    wanted.insert(message->from);
    page.quoted.emplace(id, *std::move(message));
  }
  EDGE_TRY(const bool lost, add_people(view, page, wanted));
  if (sealed || lost) EDGE_CHECK(add_device(view, page));
  if (chats == PageChats::with) add_chats(view, page);
  return page;
}

}  // namespace messaging
