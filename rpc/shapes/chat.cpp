#include "rpc/shapes/chat.h"

#include <algorithm>

namespace rpc::shape {

using messaging::Visibility;

ChatListItem to_list_item(messaging::ChatSummary summary) {
  messaging::Chat& chat = summary.chat;
  ChatListItem item;
  item.chat_type = chat.type;
  item.color = color_of(chat.color_seed);
  item.dm_chat_contact = chat.dm_contact;
  item.fresh_message_counter = chat.fresh_count;
  item.id = chat.id;
  item.avatar_path = unless_empty(std::move(chat.image));
  item.is_archived = chat.visibility == Visibility::archived;
  item.is_contact_request = chat.is_contact_request;
  item.is_device_talk = chat.is_device_chat;
  item.is_encrypted = chat.is_encrypted;
  item.is_group = chat.type == messaging::ChatType::group;
  item.is_muted = chat.mute.muted;
  item.is_pinned = chat.visibility == Visibility::pinned;
  item.is_self_in_group = chat.self_in_group;
  item.is_self_talk = chat.is_self_talk;
  item.is_sending_location = summary.sends_location;
  item.last_message_id = summary.last_message;
  item.last_message_type = summary.last_type;
  if (summary.last_updated > 0) item.last_updated = summary.last_updated;
  item.name = std::move(chat.name);
  item.summary_status = static_cast<std::uint32_t>(summary.state);
  item.summary_text1 = std::move(summary.prefix);
  item.summary_text2 = std::move(summary.text);
  item.freshness = chat.freshness;
  item.was_seen_recently = chat.freshness == messaging::Freshness::recently_seen;
  return item;
}

BasicChat to_basic(messaging::Chat chat) {
  BasicChat basic;
  basic.archived = chat.visibility == Visibility::archived;
  basic.chat_type = chat.type;
  basic.color = color_of(chat.color_seed);
  basic.id = chat.id;
  basic.is_contact_request = chat.is_contact_request;
  basic.is_device_chat = chat.is_device_chat;
  basic.is_encrypted = chat.is_encrypted;
  basic.is_muted = chat.mute.muted;
  basic.is_self_talk = chat.is_self_talk;
  basic.is_unpromoted = chat.is_unpromoted;
  basic.name = std::move(chat.name);
  basic.pinned = chat.visibility == Visibility::pinned;
  basic.profile_image = unless_empty(std::move(chat.image));
  return basic;
}

FullChat to_full(messaging::Chat chat) {
  FullChat full;
  const bool with_self = std::find(chat.contacts.begin(), chat.contacts.end(), messaging::kSelf) !=
                         chat.contacts.end();
  full.archived = chat.visibility == Visibility::archived;
  full.can_send = chat.can_send;
  full.chat_type = chat.type;
  full.color = color_of(chat.color_seed);
  full.contact_ids = std::move(chat.contacts);
  full.fresh_message_counter = chat.fresh_count;
  full.ephemeral_timer = chat.timer;
  full.id = chat.id;
  full.is_contact_request = chat.is_contact_request;
  full.is_device_chat = chat.is_device_chat;
  full.is_encrypted = chat.is_encrypted;
  full.is_muted = chat.mute.muted;
  full.is_self_talk = chat.is_self_talk;
  full.is_unpromoted = chat.is_unpromoted;
  full.name = std::move(chat.name);
  full.past_contact_ids = std::move(chat.past_contacts);
  full.pinned = chat.visibility == Visibility::pinned;
  full.profile_image = unless_empty(std::move(chat.image));
  full.self_in_group = with_self;
  full.freshness = chat.freshness;
  full.was_seen_recently = chat.freshness == messaging::Freshness::recently_seen;
  return full;
}

}  // namespace rpc::shape
