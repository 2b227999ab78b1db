// A message outside its chat: as a search lists it, and as a notification shows it.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct MessageSearchResult {
  static constexpr std::string_view kSchema = "MessageSearchResult";
  std::string author_color;
  ContactId author_id;
  std::string author_name;
  std::optional<std::string> author_profile_image;
  std::string chat_color;
  ChatId chat_id;
  std::string chat_name;
  std::optional<std::string> chat_profile_image;
  messaging::ChatType chat_type = messaging::ChatType::single;
  MsgId id;
  bool is_chat_archived = false;
  bool is_chat_contact_request = false;
  std::string message;
  std::int64_t timestamp = 0;
  static constexpr auto fields() {
    using M = MessageSearchResult;
    return std::tuple(
        base::field("authorColor", &M::author_color, "#rrggbb"),
        base::field("authorId", &M::author_id, "the sender, 1 for ourselves"),
        base::field("authorName", &M::author_name, "~NAME where it was sent under another name"),
        base::field("authorProfileImage", &M::author_profile_image, "path of the picture"),
        base::field("chatColor", &M::chat_color, "#rrggbb"), base::field("chatId", &M::chat_id, ""),
        base::field("chatName", &M::chat_name, ""),
        base::field("chatProfileImage", &M::chat_profile_image, "path of the picture"),
        base::field("chatType", &M::chat_type, ""), base::field("id", &M::id, "the message"),
        base::field("isChatArchived", &M::is_chat_archived, ""),
        base::field("isChatContactRequest", &M::is_chat_contact_request, "waits for accept_chat"),
        base::field("message", &M::message, "its text"),
        base::field("timestamp", &M::timestamp, "when it was sent, Unix seconds"));
  }
};

struct MessageNotificationInfo {
  static constexpr std::string_view kSchema = "MessageNotificationInfo";
  AccountId account_id;
  ChatId chat_id;
  std::string chat_name;
  std::optional<std::string> chat_profile_image;
  MsgId id;
  std::optional<std::string> image;
  std::optional<std::string> image_mime_type;
  std::optional<std::string> summary_prefix;
  std::string summary_text;
  static constexpr auto fields() {
    using M = MessageNotificationInfo;
    return std::tuple(base::field("accountId", &M::account_id, ""),
                      base::field("chatId", &M::chat_id, ""),
                      base::field("chatName", &M::chat_name, ""),
                      base::field("chatProfileImage", &M::chat_profile_image, "path"),
                      base::field("id", &M::id, "the message"),
                      base::field("image", &M::image, "path of the picture, when it is one"),
                      base::field("imageMimeType", &M::image_mime_type, "its media type"),
                      base::field("summaryPrefix", &M::summary_prefix, "who, or null"),
                      base::field("summaryText", &M::summary_text, "its text in one line"));
  }
};

}  // namespace rpc::shape
