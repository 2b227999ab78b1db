// A chat in three sizes: an entry of a chat list, the basics, and everything.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct ChatListItem {
  static constexpr std::string_view kKind = "ChatListItem";
  std::optional<std::string> avatar_path;
  messaging::ChatType chat_type = messaging::ChatType::single;
  std::string color;
  std::optional<ContactId> dm_chat_contact;
  std::uint32_t fresh_message_counter = 0;
  ChatId id;
  bool is_archived = false;
  bool is_contact_request = false;
  bool is_device_talk = false;
  bool is_encrypted = false;
  bool is_group = false;
  bool is_muted = false;
  bool is_pinned = false;
  bool is_self_in_group = false;
  bool is_self_talk = false;
  bool is_sending_location = false;
  std::optional<MsgId> last_message_id;
  std::optional<messaging::Viewtype> last_message_type;
  std::optional<std::int64_t> last_updated;
  std::string name;
  std::optional<std::string> summary_preview_image;
  std::uint32_t summary_status = 0;
  std::string summary_text1;
  std::string summary_text2;
  messaging::Freshness freshness = messaging::Freshness::normal;
  bool was_seen_recently = false;
  static constexpr auto fields() {
    using C = ChatListItem;
    return std::tuple(
        base::field("avatarPath", &C::avatar_path, "path of the picture"),
        base::field("chatType", &C::chat_type, ""), base::field("color", &C::color, "#rrggbb"),
        base::field("dmChatContact", &C::dm_chat_contact, "the peer of a 1:1 chat"),
        base::field("freshMessageCounter", &C::fresh_message_counter, "messages not yet noticed"),
        base::field("freshness", &C::freshness, "of its contact"),
        base::field("id", &C::id, "the chat"), base::field("isArchived", &C::is_archived, ""),
        base::field("isContactRequest", &C::is_contact_request, "waits for accept_chat"),
        base::field("isDeviceTalk", &C::is_device_talk, "the daemon's own messages"),
        base::field("isEncrypted", &C::is_encrypted, "end to end"),
        base::field("isGroup", &C::is_group, ""), base::field("isMuted", &C::is_muted, ""),
        base::field("isPinned", &C::is_pinned, ""),
        base::field("isSelfInGroup", &C::is_self_in_group, ""),
        base::field("isSelfTalk", &C::is_self_talk, "Saved messages"),
        base::field("isSendingLocation", &C::is_sending_location, "our locations are sent to it"),
        base::field("lastMessageId", &C::last_message_id, ""),
        base::field("lastMessageType", &C::last_message_type, ""),
        base::field("lastUpdated", &C::last_updated, "Unix milliseconds"),
        base::field("name", &C::name, ""),
        base::field("summaryPreviewImage", &C::summary_preview_image, "path of a picture"),
        base::field("summaryStatus", &C::summary_status, "state of the last message"),
        base::field("summaryText1", &C::summary_text1, "who, or empty"),
        base::field("summaryText2", &C::summary_text2, "the last message's text"),
        base::field("wasSeenRecently", &C::was_seen_recently, "within ten minutes"));
  }
};

struct ArchiveLink {
  static constexpr std::string_view kKind = "ArchiveLink";
  std::uint32_t fresh_message_counter = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("freshMessageCounter", &ArchiveLink::fresh_message_counter,
                                  "fresh messages in archived chats"));
  }
};

struct ChatListError {
  static constexpr std::string_view kKind = "Error";
  std::string error;
  std::uint32_t id = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("error", &ChatListError::error, "what is wrong with this one"),
                      base::field("id", &ChatListError::id, "the id asked for"));
  }
};

struct ChatListItemFetchResult {
  static constexpr std::string_view kSchema = "ChatListItemFetchResult";
  using Tagged = std::variant<ChatListItem, ArchiveLink, ChatListError>;
  Tagged value;
};

struct BasicChat {
  static constexpr std::string_view kSchema = "BasicChat";
  bool archived = false;
  messaging::ChatType chat_type = messaging::ChatType::single;
  std::string color;
  ChatId id;
  bool is_contact_request = false;
  bool is_device_chat = false;
  bool is_encrypted = false;
  bool is_muted = false;
  bool is_self_talk = false;
  bool is_unpromoted = false;
  std::string name;
  bool pinned = false;
  std::optional<std::string> profile_image;
  static constexpr auto fields() {
    using C = BasicChat;
    return std::tuple(
        base::field("archived", &C::archived, ""), base::field("chatType", &C::chat_type, ""),
        base::field("color", &C::color, "#rrggbb"), base::field("id", &C::id, "the chat"),
        base::field("isContactRequest", &C::is_contact_request, "waits for accept_chat"),
        base::field("isDeviceChat", &C::is_device_chat, "the daemon's own messages"),
        base::field("isEncrypted", &C::is_encrypted, "end to end"),
        base::field("isMuted", &C::is_muted, ""),
        base::field("isSelfTalk", &C::is_self_talk, "Saved messages"),
        base::field("isUnpromoted", &C::is_unpromoted, "no member knows of it yet"),
        base::field("name", &C::name, ""), base::field("pinned", &C::pinned, ""),
        base::field("profileImage", &C::profile_image, "path of the picture"));
  }
};

struct FullChat {
  static constexpr std::string_view kSchema = "FullChat";
  bool archived = false;
  bool can_send = false;
  messaging::ChatType chat_type = messaging::ChatType::single;
  std::string color;
  std::vector<ContactId> contact_ids;
  std::uint32_t ephemeral_timer = 0;
  std::uint32_t fresh_message_counter = 0;
  ChatId id;
  bool is_contact_request = false;
  bool is_device_chat = false;
  bool is_encrypted = false;
  bool is_muted = false;
  bool is_self_talk = false;
  bool is_unpromoted = false;
  std::optional<std::string> mailing_list_address;
  std::string name;
  std::vector<ContactId> past_contact_ids;
  bool pinned = false;
  std::optional<std::string> profile_image;
  bool self_in_group = false;
  messaging::Freshness freshness = messaging::Freshness::normal;
  bool was_seen_recently = false;
  static constexpr auto fields() {
    using C = FullChat;
    return std::tuple(
        base::field("archived", &C::archived, ""), base::field("canSend", &C::can_send, ""),
        base::field("chatType", &C::chat_type, ""), base::field("color", &C::color, "#rrggbb"),
        base::field("contactIds", &C::contact_ids, "its members"),
        base::field("ephemeralTimer", &C::ephemeral_timer, "seconds, 0 off"),
        base::field("freshMessageCounter", &C::fresh_message_counter, "messages not yet noticed"),
        base::field("freshness", &C::freshness, "of its contact"),
        base::field("id", &C::id, "the chat"),
        base::field("isContactRequest", &C::is_contact_request, "waits for accept_chat"),
        base::field("isDeviceChat", &C::is_device_chat, "the daemon's own messages"),
        base::field("isEncrypted", &C::is_encrypted, "end to end"),
        base::field("isMuted", &C::is_muted, ""),
        base::field("isSelfTalk", &C::is_self_talk, "Saved messages"),
        base::field("isUnpromoted", &C::is_unpromoted, "no member knows of it yet"),
        base::field("mailingListAddress", &C::mailing_list_address, "always null"),
        base::field("name", &C::name, ""),
        base::field("pastContactIds", &C::past_contact_ids, "former members"),
        base::field("pinned", &C::pinned, ""),
        base::field("profileImage", &C::profile_image, "path of the picture"),
        base::field("selfInGroup", &C::self_in_group, "whether contactIds has ourselves"),
        base::field("wasSeenRecently", &C::was_seen_recently, "within ten minutes"));
  }
};

ChatListItem to_list_item(messaging::ChatSummary summary);
BasicChat to_basic(messaging::Chat chat);
FullChat to_full(messaging::Chat chat);

}  // namespace rpc::shape
