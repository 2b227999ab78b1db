// Messages outside their chats: in a list of what a search found, and in a notification.
#include <map>

#include "messaging/api/message_page.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/found_message.h"

namespace rpc {
namespace {

using messaging::Chat;
using messaging::Contact;
using messaging::Message;
using messaging::Viewtype;

shape::MessageSearchResult search_result(const Message& message, const Chat& chat,
                                         const Contact& author) {
  shape::MessageSearchResult found;
  found.author_color = shape::color_of(author.color_seed);
  found.author_id = author.id;
  found.author_name = message.sender_name.empty() ? author.display_name : "~" + message.sender_name;
  found.author_profile_image = shape::unless_empty(author.image);
  found.chat_color = shape::color_of(chat.color_seed);
  found.chat_id = chat.id;
  found.chat_name = chat.name;
  found.chat_profile_image = shape::unless_empty(chat.image);
  found.chat_type = chat.type;
  found.id = message.id;
  found.is_chat_archived = chat.visibility == messaging::Visibility::archived;
  found.is_chat_contact_request = chat.is_contact_request;
  found.message = message.text;
  found.timestamp = shape::seconds(message.sent_at);
  return found;
}

using Results = std::map<MsgId, shape::MessageSearchResult>;

// A message that is gone meanwhile, or does not open, is left out.
Result<Results> message_ids_to_search_results(Context& context, const OfMessages& p) {
  EDGE_TRY(const auto page,
           engine_of(context).messages().page_with_chats(p.account_id, distinct(p.message_ids)));
  Results results;
  for (const auto& message : page.messages) {
    if (!message) continue;
    const auto& chat = page.chats.at(message->chat);
    const auto author = page.people.find(message->from);
    if (!chat || author == page.people.end()) continue;
    results.emplace(message->id, search_result(*message, *chat, author->second));
  }
  return results;
}

Result<shape::MessageNotificationInfo> get_message_notification_info(Context& context,
                                                                     const OfMessage& p) {
  EDGE_TRY(auto page, engine_of(context).messages().page_with_chats(p.account_id, {p.message_id}));
  EDGE_TRY(const Message message, std::move(page.messages.front()));
  EDGE_TRY(Chat chat, std::move(page.chats.at(message.chat)));
  shape::MessageNotificationInfo info;
  info.account_id = p.account_id;
  info.chat_id = chat.id;
  info.chat_name = std::move(chat.name);
  info.chat_profile_image = shape::unless_empty(std::move(chat.image));
  info.id = message.id;
  if (message.file && (message.type == Viewtype::image || message.type == Viewtype::gif ||
                       message.type == Viewtype::sticker)) {
    info.image = message.file->path;
    info.image_mime_type = shape::unless_empty(message.file->media_type);
  }
  if (chat.type != messaging::ChatType::single && !message.is_info) {
    const auto author = page.people.find(message.from);
    if (!message.sender_name.empty()) {
      info.summary_prefix = message.sender_name;
    } else if (author != page.people.end()) {
      info.summary_prefix = author->second.display_name;
    }
  }
  info.summary_text = engine_of(context).messages().summary(message);
  return info;
}

struct Summary : OfMessage {
  bool add_forwarded = false;
  bool add_type_emoji = false;
  std::uint32_t approx_chars = 0;
  static constexpr auto fields() {
    return base::with_fields(
        OfMessage::fields(),
        base::field("add_forwarded", &Summary::add_forwarded, "says that it was forwarded"),
        base::field("add_type_emoji", &Summary::add_type_emoji, "shows the kind of file"),
        base::field("approx_chars", &Summary::approx_chars,
                    "of one line, which is cut; 0: the whole text with its lines"));
  }
};

Result<std::string> get_message_summary_text(Context& context, const Summary& p) {
  const auto& messages = engine_of(context).messages();
  EDGE_TRY(const Message message, messages.get(p.account_id, p.message_id));
  return messages.summary(message, {.forwarded = p.add_forwarded,
                                    .sign = p.add_type_emoji,
                                    .characters = p.approx_chars,
                                    .lines = p.approx_chars == 0});
}

}  // namespace

void add_found_message_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&message_ids_to_search_results>(
      "message_ids_to_search_results",
      "Messages as a list of search results shows them; those that are gone are left out.", read));
  table.push_back(method<&get_message_notification_info>(
      "get_message_notification_info", "What a notification says of a message.", read));
  table.push_back(method<&get_message_summary_text>(
      "get_message_summary_text",
      "A message in one line, for a list of pinned ones, or its text for copying.", read));
}

}  // namespace rpc
