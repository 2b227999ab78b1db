// A message as get_message and get_messages show it.
#pragma once

#include "rpc/shapes/contact.h"
#include "rpc/shapes/protected.h"
#include "rpc/shapes/vcard.h"

template <>
struct rpc::EnumNames<messaging::DownloadState> {
  using E = messaging::DownloadState;
  static constexpr std::string_view kSchema = "DownloadState";
  static constexpr std::array kNames{
      std::pair{E::done, std::string_view("Done")},
      std::pair{E::available, std::string_view("Available")},
      std::pair{E::failure, std::string_view("Failure")},
      std::pair{E::undecipherable, std::string_view("Undecipherable")},
      std::pair{E::in_progress, std::string_view("InProgress")}};
};

template <>
struct rpc::EnumNames<messaging::SystemMessage> {
  using E = messaging::SystemMessage;
  static constexpr std::string_view kSchema = "SystemMessageType";
  static constexpr std::array kNames{
      std::pair{E::none, std::string_view("Unknown")},
      std::pair{E::securejoin, std::string_view("SecurejoinMessage")},
      std::pair{E::chat_e2ee, std::string_view("ChatE2ee")},
      std::pair{E::securejoin_wait, std::string_view("SecurejoinWait")},
      std::pair{E::group_name, std::string_view("GroupNameChanged")},
      std::pair{E::group_description, std::string_view("GroupDescriptionChanged")},
      std::pair{E::group_image, std::string_view("GroupImageChanged")},
      std::pair{E::member_added, std::string_view("MemberAddedToGroup")},
      std::pair{E::member_removed, std::string_view("MemberRemovedFromGroup")},
      std::pair{E::location_streaming, std::string_view("LocationStreamingEnabled")},
      std::pair{E::ephemeral_timer, std::string_view("EphemeralTimerChanged")},
      std::pair{E::webxdc_info, std::string_view("WebxdcInfoMessage")},
      std::pair{E::message_pinned, std::string_view("MessagePinned")},
      std::pair{E::message_unpinned, std::string_view("MessageUnpinned")}};
};

namespace rpc::shape {

struct JustText {
  static constexpr std::string_view kKind = "JustText";
  std::string text;
  static constexpr auto fields() {
    return std::tuple(base::field("text", &JustText::text, "the quoted text"));
  }
};

struct WithMessage {
  static constexpr std::string_view kKind = "WithMessage";
  std::string author_display_color;
  std::string author_display_name;
  ChatId chat_id;
  std::optional<std::string> image;
  bool is_forwarded = false;
  MsgId message_id;
  std::optional<std::string> override_sender_name;
  std::string text;
  messaging::Viewtype view_type = messaging::Viewtype::text;
  static constexpr auto fields() {
    using Q = WithMessage;
    return std::tuple(base::field("authorDisplayColor", &Q::author_display_color, "#rrggbb"),
                      base::field("authorDisplayName", &Q::author_display_name, ""),
                      base::field("chatId", &Q::chat_id, ""),
                      base::field("image", &Q::image, "path of a picture"),
                      base::field("isForwarded", &Q::is_forwarded, ""),
                      base::field("messageId", &Q::message_id, ""),
                      base::field("overrideSenderName", &Q::override_sender_name, ""),
                      base::field("text", &Q::text, "the quoted text"),
                      base::field("viewType", &Q::view_type, ""));
  }
};

struct MessageQuote {
  static constexpr std::string_view kSchema = "MessageQuote";
  using Tagged = std::variant<JustText, WithMessage>;
  Tagged value;
};

struct Reaction {
  static constexpr std::string_view kSchema = "Reaction";
  std::uint32_t count = 0;
  std::string emoji;
  bool is_from_self = false;
  static constexpr auto fields() {
    return std::tuple(base::field("count", &Reaction::count, ""),
                      base::field("emoji", &Reaction::emoji, ""),
                      base::field("isFromSelf", &Reaction::is_from_self, ""));
  }
};

struct Reactions {
  static constexpr std::string_view kSchema = "Reactions";
  std::vector<Reaction> reactions;
  std::map<ContactId, std::vector<std::string>> by_contact;
  static constexpr auto fields() {
    return std::tuple(base::field("reactions", &Reactions::reactions, ""),
                      base::field("reactionsByContact", &Reactions::by_contact, ""));
  }
};

struct Message {
  static constexpr std::string_view kSchema = "Message";
  ChatId chat_id;
  std::int32_t dimensions_height = 0;
  std::int32_t dimensions_width = 0;
  messaging::DownloadState download_state = messaging::DownloadState::done;
  std::int32_t duration = 0;
  std::optional<std::string> error;
  std::optional<std::string> file;
  std::uint64_t file_bytes = 0;
  std::optional<std::string> file_mime;
  std::optional<std::string> file_name;
  ContactId from_id;
  bool has_deviating_timestamp = false;
  bool has_html = false;
  bool has_location = false;
  MsgId id;
  std::optional<ContactId> info_contact_id;
  bool is_bot = false;
  bool is_edited = false;
  bool is_forwarded = false;
  bool is_info = false;
  bool is_pinned = false;
  std::optional<MsgId> original_msg_id;
  std::optional<std::string> override_sender_name;
  std::optional<MsgId> parent_id;
  MaybeAbsent<FileInfo> privitty_file_info;
  std::optional<MessageQuote> quote;
  std::optional<Reactions> reactions;
  std::int64_t received_timestamp = 0;
  std::optional<MsgId> saved_message_id;
  Written<Contact> sender;
  bool show_padlock = false;
  std::int64_t sort_timestamp = 0;
  std::uint32_t state = 0;
  std::string subject;
  messaging::SystemMessage system_message_type = messaging::SystemMessage::none;
  std::string text;
  std::int64_t timestamp = 0;
  std::optional<VcardContact> vcard_contact;
  messaging::Viewtype view_type = messaging::Viewtype::text;
  std::optional<std::string> webxdc_href;
  static constexpr auto fields() {
    using M = Message;
    return std::tuple(
        base::field("chatId", &M::chat_id, "its chat"),
        base::field("dimensionsHeight", &M::dimensions_height, "pixels, 0 unknown"),
        base::field("dimensionsWidth", &M::dimensions_width, "pixels, 0 unknown"),
        base::field("downloadState", &M::download_state, ""),
        base::field("duration", &M::duration, "milliseconds, 0 unknown"),
        base::field("error", &M::error, "why it failed"),
        base::field("file", &M::file,
                    "its sealed blob; good for every method that takes a path (save_msg_file or "
                    "GET /file give the plaintext)"),
        base::field("fileBytes", &M::file_bytes, "bytes of the plaintext"),
        base::field("fileMime", &M::file_mime, "media type"),
        base::field("fileName", &M::file_name, "as the sender named it"),
        base::field("fromId", &M::from_id, "the sender, 1 for ourselves"),
        base::field("hasDeviatingTimestamp", &M::has_deviating_timestamp,
                    "sent on another day than it is sorted under"),
        base::field("hasHtml", &M::has_html, "always false"),
        base::field("hasLocation", &M::has_location, "get_locations has it"),
        base::field("id", &M::id, "the message, in this account"),
        base::field("infoContactId", &M::info_contact_id, "whom an info message is about"),
        base::field("isBot", &M::is_bot, "sent by a program"),
        base::field("isEdited", &M::is_edited, ""),
        base::field("isForwarded", &M::is_forwarded, ""),
        base::field("isInfo", &M::is_info, "written by the daemon, not a person"),
        base::field("isPinned", &M::is_pinned, "get_pinned_messages has it"),
        base::field("originalMsgId", &M::original_msg_id, "of a saved message"),
        base::field("overrideSenderName", &M::override_sender_name, "the name it was sent under"),
        base::field("parentId", &M::parent_id, "the message it answers"),
        base::field("privittyFileInfo", &M::privitty_file_info,
                    "with a protected file: as privitty_get_file_access_info has it"),
        base::field("quote", &M::quote, ""), base::field("reactions", &M::reactions, ""),
        base::field("receivedTimestamp", &M::received_timestamp, "Unix seconds"),
        base::field("savedMessageId", &M::saved_message_id, "its copy in Saved messages"),
        base::field("sender", &M::sender, ""),
        base::field("showPadlock", &M::show_padlock, "was end-to-end encrypted"),
        base::field("sortTimestamp", &M::sort_timestamp, "Unix seconds"),
        base::field("state", &M::state,
                    "10 fresh, 13 noticed, 16 seen; 19 draft, 20 pending, 24 failed, 26 delivered, "
                    "28 read"),
        base::field("subject", &M::subject, "always empty"),
        base::field("systemMessageType", &M::system_message_type, "of an info message"),
        base::field("text", &M::text, ""),
        base::field("timestamp", &M::timestamp, "when it was sent, Unix seconds"),
        base::field("vcardContact", &M::vcard_contact, "of a vCard"),
        base::field("viewType", &M::view_type, ""), base::field("webxdcHref", &M::webxdc_href, ""));
  }
};

struct LoadedMessage : Message {
  static constexpr std::string_view kKind = "message";
};

struct LoadingError {
  static constexpr std::string_view kKind = "loadingError";
  std::string error;
  static constexpr auto fields() {
    return std::tuple(base::field("error", &LoadingError::error, "why this one did not load"));
  }
};

struct MessageLoadResult {
  static constexpr std::string_view kSchema = "MessageLoadResult";
  using Tagged = std::variant<LoadedMessage, LoadingError>;
  Tagged value;
};

// Nothing when there are none.
std::optional<Reactions> reactions_of(const messaging::Message& message);
// Everything but the quote, which needs other messages (message_loader.h).
Message to_shape(messaging::Message message, Written<Contact> sender);

}  // namespace rpc::shape
