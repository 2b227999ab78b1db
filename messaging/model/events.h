// Events: the notifications of messaging, one struct each, listed once. Names and fields are those
// of the event stream (snake_case); rpc turns them into event lines and into Delta Chat's core
// events. Each is written to the durable event log in the transaction of the change it reports.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fields.h"
#include "base/ids.h"
#include "base/result.h"
#include "messaging/model/channel_event.h"

namespace messaging {

using base::AccountId;
using base::ChatId;
using base::ContactId;
using base::EventId;
using base::FileId;
using base::MsgId;

// clang-format off
#define EDGE_MESSAGE_EVENT(Name, kNumber, doc)                                                   \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    ChatId chat_id;                                                                              \
    MsgId msg_id;                                                                                \
    static constexpr auto fields() {                                                             \
      return std::tuple(base::field("chat_id", &Name::chat_id, "the chat"),                      \
                        base::field("msg_id", &Name::msg_id, "the message; 0 for several"));     \
    }                                                                                            \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }
#define EDGE_CHAT_EVENT(Name, kNumber, doc)                                                      \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    ChatId chat_id;                                                                              \
    static constexpr auto fields() {                                                             \
      return std::tuple(base::field("chat_id", &Name::chat_id, "the chat"));                     \
    }                                                                                            \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }
#define EDGE_PLAIN_EVENT(Name, kNumber, doc)                                                     \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    static constexpr auto fields() { return std::tuple<>(); }                                    \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }
#define EDGE_TEXT_EVENT(Name, kNumber, doc)                                                      \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    std::string msg;                                                                             \
    static constexpr auto fields() {                                                             \
      return std::tuple(base::field("msg", &Name::msg, "what happened, for a person"));          \
    }                                                                                            \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }
#define EDGE_JOIN_EVENT(Name, kNumber, doc)                                                      \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    ContactId contact_id;                                                                        \
    std::uint32_t progress = 0;                                                                  \
    static constexpr auto fields() {                                                             \
      return std::tuple(base::field("contact_id", &Name::contact_id, "who joins or is joined"),  \
                        base::field("progress", &Name::progress,                                 \
                                    "0 failed, 1-999 running, 1000 done"));                      \
    }                                                                                            \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }
#define EDGE_PROGRESS_EVENT(Name, kNumber, doc)                                                  \
  struct Name {                                                                                  \
    static constexpr std::string_view kName = #Name;                                             \
    static constexpr std::string_view kDoc = doc;                                                \
    static constexpr std::uint16_t kKind = kNumber;                                              \
    std::uint32_t progress = 0;                                                                  \
    static constexpr auto fields() {                                                             \
      return std::tuple(base::field("progress", &Name::progress, "0 failed, 1-999, 1000 done")); \
    }                                                                                            \
    friend bool operator==(const Name&, const Name&) = default;                                  \
  }

// The numbers are stored in the event log: never change or reuse one.
EDGE_MESSAGE_EVENT(IncomingMsg, 1, "A message arrived.");
EDGE_MESSAGE_EVENT(MsgDelivered, 2, "The relay or edge of every addressed member holds the message durably.");
EDGE_MESSAGE_EVENT(MsgRead, 3, "The recipient marked the message seen.");
EDGE_MESSAGE_EVENT(MsgReadCountChanged, 9, "One more recipient marked the message seen.");
EDGE_MESSAGE_EVENT(MsgFailed, 4, "The message was given up; get_message_info says why.");
EDGE_MESSAGE_EVENT(MsgsChanged, 5, "A message or draft was added or changed; msg_id 0: several.");
EDGE_MESSAGE_EVENT(MsgDeleted, 6, "A message was deleted.");
EDGE_MESSAGE_EVENT(ReactionsChanged, 7, "A message's reactions changed.");
EDGE_MESSAGE_EVENT(CallEnded, 93, "A call ended: either side hung up, or nobody answered.");
EDGE_CHAT_EVENT(MsgsNoticed, 10, "A chat's messages were noticed or seen.");
EDGE_CHAT_EVENT(ChatModified, 11, "A chat's name, members or settings changed.");
EDGE_CHAT_EVENT(PinnedMessagesChanged, 102, "A message of the chat was pinned or unpinned, or a pinned one was deleted.");
EDGE_CHAT_EVENT(ChatDeleted, 12, "A chat was deleted.");
EDGE_PLAIN_EVENT(ChatlistChanged, 20, "The chat list's order or entries changed.");
EDGE_PLAIN_EVENT(ConnectivityChanged, 21, "Ask get_connectivity for the new value.");
EDGE_PLAIN_EVENT(AccountsChanged, 22, "An account was added, removed or configured.");
EDGE_PLAIN_EVENT(ImapInboxIdle, 24, "An account with an address was started: what comes is received.");
EDGE_PLAIN_EVENT(TransportsModified, 25, "The address that an account gives out changed.");
EDGE_TEXT_EVENT(Info, 30, "Something worth knowing.");
EDGE_TEXT_EVENT(Warning, 31, "Something that may need care.");
EDGE_TEXT_EVENT(Error, 32, "Something failed that a person should know.");
EDGE_JOIN_EVENT(SecurejoinInviterProgress, 40, "Somebody joins by our invite.");
EDGE_JOIN_EVENT(SecurejoinJoinerProgress, 41, "We join by somebody's invite.");
EDGE_PROGRESS_EVENT(ImexProgress, 51, "Progress of an import, export or transfer.");
EDGE_MESSAGE_EVENT(PrivittyFileEncrypted, 70, "A file was protected; msg_id is the hidden message with its grant.");
EDGE_MESSAGE_EVENT(PrivittyFileDecrypted, 71, "A protected file was decrypted to disk.");
EDGE_CHAT_EVENT(PrivittyDeviceCapabilitiesReceived, 80, "The contact's device says which commands may be asked of it: privitty_get_device_capabilities.");
EDGE_MESSAGE_EVENT(PrivittyDeviceCmdResponse, 81, "A device answered a request for a command; msg_id is the answer.");
// clang-format on

struct ContactsChanged {
  static constexpr std::string_view kName = "ContactsChanged";
  static constexpr std::string_view kDoc = "A contact was added or changed; 0: several.";
  static constexpr std::uint16_t kKind = 60;
  ContactId contact_id;
  static constexpr auto fields() {
    return std::tuple(base::field("contact_id", &ContactsChanged::contact_id, "the contact"));
  }
  friend bool operator==(const ContactsChanged&, const ContactsChanged&) = default;
};

// Kinds that follow from others of the same commit: only readers of get_next_event get them, and
// none is in the log (rpc/derived_events.h).
EDGE_CHAT_EVENT(ChatlistItemChanged, 1000, "A chat's entry in the chat list changed.");
EDGE_PLAIN_EVENT(AccountsItemChanged, 1001, "The account's entry in a list of accounts changed.");
EDGE_PLAIN_EVENT(IncomingMsgBunch, 1002, "The messages that arrived together have been reported.");
EDGE_TEXT_EVENT(SmtpMessageSent, 1003, "A message left this gateway.");

struct ConfigureProgress {
  static constexpr std::string_view kName = "ConfigureProgress";
  static constexpr std::string_view kDoc = "Progress of configure.";
  static constexpr std::uint16_t kKind = 50;
  std::uint32_t progress = 0;
  std::string comment;
  static constexpr auto fields() {
    using E = ConfigureProgress;
    return std::tuple(base::field("progress", &E::progress, "0 failed, 1-999, 1000 done"),
                      base::field("comment", &E::comment, "why it failed"));
  }
  friend bool operator==(const ConfigureProgress&, const ConfigureProgress&) = default;
};

struct ChatEphemeralTimerModified {
  static constexpr std::string_view kName = "ChatEphemeralTimerModified";
  static constexpr std::string_view kDoc =
      "After how many seconds new messages of a chat vanish was changed.";
  static constexpr std::uint16_t kKind = 15;
  ChatId chat_id;
  std::uint32_t timer = 0;
  static constexpr auto fields() {
    using E = ChatEphemeralTimerModified;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("timer", &E::timer, "seconds; 0: never"));
  }
  friend bool operator==(const ChatEphemeralTimerModified&,
                         const ChatEphemeralTimerModified&) = default;
};

struct ImexFileWritten {
  static constexpr std::string_view kName = "ImexFileWritten";
  static constexpr std::string_view kDoc = "A file of an export was written.";
  static constexpr std::uint16_t kKind = 52;
  std::string path;
  static constexpr auto fields() {
    return std::tuple(base::field("path", &ImexFileWritten::path, "where it is"));
  }
  friend bool operator==(const ImexFileWritten&, const ImexFileWritten&) = default;
};

struct IncomingReaction {
  static constexpr std::string_view kName = "IncomingReaction";
  static constexpr std::string_view kDoc = "Somebody reacted to a message of ours.";
  static constexpr std::uint16_t kKind = 8;
  ChatId chat_id;
  MsgId msg_id;
  ContactId contact_id;
  std::string reaction;
  static constexpr auto fields() {
    using E = IncomingReaction;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("msg_id", &E::msg_id, "our message"),
                      base::field("contact_id", &E::contact_id, "who reacted"),
                      base::field("reaction", &E::reaction, "emojis with a blank between them"));
  }
  friend bool operator==(const IncomingReaction&, const IncomingReaction&) = default;
};

struct IncomingCall {
  static constexpr std::string_view kName = "IncomingCall";
  static constexpr std::string_view kDoc = "Somebody calls.";
  static constexpr std::uint16_t kKind = 90;
  ChatId chat_id;
  MsgId msg_id;
  std::string place_call_info;
  bool has_video = false;
  static constexpr auto fields() {
    using E = IncomingCall;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("msg_id", &E::msg_id, "the call's message"),
                      base::field("place_call_info", &E::place_call_info,
                                  "what the caller passed to place_outgoing_call"),
                      base::field("has_video", &E::has_video, "a video call"));
  }
  friend bool operator==(const IncomingCall&, const IncomingCall&) = default;
};

struct IncomingCallAccepted {
  static constexpr std::string_view kName = "IncomingCallAccepted";
  static constexpr std::string_view kDoc = "We accepted a call.";
  static constexpr std::uint16_t kKind = 91;
  ChatId chat_id;
  MsgId msg_id;
  bool from_this_device = false;
  static constexpr auto fields() {
    using E = IncomingCallAccepted;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("msg_id", &E::msg_id, "the call's message"),
                      base::field("from_this_device", &E::from_this_device,
                                  "false: another device of the account did"));
  }
  friend bool operator==(const IncomingCallAccepted&, const IncomingCallAccepted&) = default;
};

struct OutgoingCallAccepted {
  static constexpr std::string_view kName = "OutgoingCallAccepted";
  static constexpr std::string_view kDoc = "Our call was accepted.";
  static constexpr std::uint16_t kKind = 92;
  ChatId chat_id;
  MsgId msg_id;
  std::string accept_call_info;
  static constexpr auto fields() {
    using E = OutgoingCallAccepted;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("msg_id", &E::msg_id, "the call's message"),
                      base::field("accept_call_info", &E::accept_call_info,
                                  "what the callee passed to accept_incoming_call"));
  }
  friend bool operator==(const OutgoingCallAccepted&, const OutgoingCallAccepted&) = default;
};

struct LocationChanged {
  static constexpr std::string_view kName = "LocationChanged";
  static constexpr std::string_view kDoc = "Somebody, or we (1), are somewhere else.";
  static constexpr std::uint16_t kKind = 94;
  ContactId contact_id;
  static constexpr auto fields() {
    return std::tuple(
        base::field("contact_id", &LocationChanged::contact_id, "the contact; 0: several"));
  }
  friend bool operator==(const LocationChanged&, const LocationChanged&) = default;
};

struct WebxdcStatusUpdate {
  static constexpr std::string_view kName = "WebxdcStatusUpdate";
  static constexpr std::string_view kDoc = "An app got an update, ours or another's.";
  static constexpr std::uint16_t kKind = 95;
  MsgId msg_id;
  std::uint32_t status_update_serial = 0;
  static constexpr auto fields() {
    using E = WebxdcStatusUpdate;
    return std::tuple(base::field("msg_id", &E::msg_id, "the app's message"),
                      base::field("status_update_serial", &E::status_update_serial,
                                  "the update's number: get_webxdc_status_updates"));
  }
  friend bool operator==(const WebxdcStatusUpdate&, const WebxdcStatusUpdate&) = default;
};

struct IncomingWebxdcNotify {
  static constexpr std::string_view kName = "IncomingWebxdcNotify";
  static constexpr std::string_view kDoc = "An update of an app is for us.";
  static constexpr std::uint16_t kKind = 96;
  ChatId chat_id;
  ContactId contact_id;
  MsgId msg_id;
  std::string href;
  std::string text;
  static constexpr auto fields() {
    using E = IncomingWebxdcNotify;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("contact_id", &E::contact_id, "whose app sent it"),
                      base::field("msg_id", &E::msg_id, "its line in the chat, or the app"),
                      base::field("href", &E::href, "where in the app it leads; empty: none"),
                      base::field("text", &E::text, "what the app says"));
  }
  friend bool operator==(const IncomingWebxdcNotify&, const IncomingWebxdcNotify&) = default;
};

struct WebxdcInstanceDeleted {
  static constexpr std::string_view kName = "WebxdcInstanceDeleted";
  static constexpr std::string_view kDoc = "An app's message was deleted.";
  static constexpr std::uint16_t kKind = 97;
  MsgId msg_id;
  static constexpr auto fields() {
    return std::tuple(base::field("msg_id", &WebxdcInstanceDeleted::msg_id, "the app's message"));
  }
  friend bool operator==(const WebxdcInstanceDeleted&, const WebxdcInstanceDeleted&) = default;
};

// The two that are in no log (messaging/api/realtime.h).
struct WebxdcRealtimeData {
  static constexpr std::string_view kName = "WebxdcRealtimeData";
  static constexpr std::string_view kDoc =
      "Data of a running app; get_next_event alone reports it.";
  static constexpr std::uint16_t kKind = 98;
  MsgId msg_id;
  base::Bytes data;
  static constexpr auto fields() {
    using E = WebxdcRealtimeData;
    return std::tuple(base::field("msg_id", &E::msg_id, "the app's message"),
                      base::field("data", &E::data, "its bytes"));
  }
  friend bool operator==(const WebxdcRealtimeData&, const WebxdcRealtimeData&) = default;
};

struct WebxdcRealtimeAdvertisementReceived {
  static constexpr std::string_view kName = "WebxdcRealtimeAdvertisementReceived";
  static constexpr std::string_view kDoc =
      "Another's copy of an app runs; get_next_event alone reports it.";
  static constexpr std::uint16_t kKind = 99;
  MsgId msg_id;
  static constexpr auto fields() {
    return std::tuple(
        base::field("msg_id", &WebxdcRealtimeAdvertisementReceived::msg_id, "the app's message"));
  }
  friend bool operator==(const WebxdcRealtimeAdvertisementReceived&,
                         const WebxdcRealtimeAdvertisementReceived&) = default;
};

struct SelfavatarChanged {
  static constexpr std::string_view kName = "SelfavatarChanged";
  static constexpr std::string_view kDoc = "The account's own picture was set or removed.";
  static constexpr std::uint16_t kKind = 100;
  static constexpr auto fields() { return std::tuple<>(); }
  friend bool operator==(const SelfavatarChanged&, const SelfavatarChanged&) = default;
};

struct ConfigSynced {
  static constexpr std::string_view kName = "ConfigSynced";
  static constexpr std::string_view kDoc =
      "A setting that all devices of the account share was changed, here or at another one.";
  static constexpr std::uint16_t kKind = 101;
  std::string key;
  static constexpr auto fields() {
    return std::tuple(base::field("key", &ConfigSynced::key, "the setting's name"));
  }
  friend bool operator==(const ConfigSynced&, const ConfigSynced&) = default;
};

struct PrivittyChatEncryptionChanged {
  static constexpr std::string_view kName = "PrivittyChatEncryptionChanged";
  static constexpr std::string_view kDoc = "A chat became, or stopped being, end-to-end encrypted.";
  static constexpr std::uint16_t kKind = 61;
  ChatId chat_id;
  bool is_encrypted = false;
  static constexpr auto fields() {
    return std::tuple(
        base::field("chat_id", &PrivittyChatEncryptionChanged::chat_id, "the chat"),
        base::field("is_encrypted", &PrivittyChatEncryptionChanged::is_encrypted, "the new state"));
  }
  friend bool operator==(const PrivittyChatEncryptionChanged&,
                         const PrivittyChatEncryptionChanged&) = default;
};

struct PrivittyPeerHandshakeComplete {
  static constexpr std::string_view kName = "PrivittyPeerHandshakeComplete";
  static constexpr std::string_view kDoc = "A session with the contact is established.";
  static constexpr std::uint16_t kKind = 62;
  ChatId chat_id;
  ContactId contact_id;
  static constexpr auto fields() {
    return std::tuple(
        base::field("chat_id", &PrivittyPeerHandshakeComplete::chat_id, "the chat"),
        base::field("contact_id", &PrivittyPeerHandshakeComplete::contact_id, "the contact"));
  }
  friend bool operator==(const PrivittyPeerHandshakeComplete&,
                         const PrivittyPeerHandshakeComplete&) = default;
};

struct PrivittyFileAccessRevoked {
  static constexpr std::string_view kName = "PrivittyFileAccessRevoked";
  static constexpr std::string_view kDoc =
      "Access to a protected file was revoked: a contact's to ours, or ours by its owner.";
  static constexpr std::uint16_t kKind = 72;
  ChatId chat_id;
  ContactId contact_id;
  FileId file_id;
  static constexpr auto fields() {
    using E = PrivittyFileAccessRevoked;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("contact_id", &E::contact_id, "the other side"),
                      base::field("file_id", &E::file_id, "the file"));
  }
  friend bool operator==(const PrivittyFileAccessRevoked&,
                         const PrivittyFileAccessRevoked&) = default;
};

struct PrivittyFileAccessChanged {
  static constexpr std::string_view kName = "PrivittyFileAccessChanged";
  static constexpr std::string_view kDoc =
      "Access to a protected file was granted, denied, ended or otherwise changed.";
  static constexpr std::uint16_t kKind = 73;
  ChatId chat_id;
  FileId file_id;
  static constexpr auto fields() {
    return std::tuple(base::field("chat_id", &PrivittyFileAccessChanged::chat_id, "the chat"),
                      base::field("file_id", &PrivittyFileAccessChanged::file_id, "the file"));
  }
  friend bool operator==(const PrivittyFileAccessChanged&,
                         const PrivittyFileAccessChanged&) = default;
};

struct PrivittyAccessRenewRequested {
  static constexpr std::string_view kName = "PrivittyAccessRenewRequested";
  static constexpr std::string_view kDoc = "Somebody asks for access to a file of ours.";
  static constexpr std::uint16_t kKind = 74;
  ChatId chat_id;
  FileId file_id;
  ContactId requester_contact_id;
  static constexpr auto fields() {
    using E = PrivittyAccessRenewRequested;
    return std::tuple(base::field("chat_id", &E::chat_id, "the chat"),
                      base::field("file_id", &E::file_id, "the file"),
                      base::field("requester_contact_id", &E::requester_contact_id, "who asks"));
  }
  friend bool operator==(const PrivittyAccessRenewRequested&,
                         const PrivittyAccessRenewRequested&) = default;
};

using EventBody = std::variant<
    IncomingMsg, MsgDelivered, MsgRead, MsgReadCountChanged, MsgFailed, MsgsChanged, MsgDeleted,
    ReactionsChanged, IncomingReaction, IncomingCall, IncomingCallAccepted, OutgoingCallAccepted,
    CallEnded, LocationChanged, WebxdcStatusUpdate, IncomingWebxdcNotify, WebxdcInstanceDeleted,
    WebxdcRealtimeData, WebxdcRealtimeAdvertisementReceived, MsgsNoticed, ChatModified,
    PinnedMessagesChanged, ChatDeleted, ChatEphemeralTimerModified, ChatlistChanged,
    ConnectivityChanged, AccountsChanged, ImapInboxIdle, TransportsModified, Info, Warning, Error,
    SecurejoinInviterProgress, SecurejoinJoinerProgress, ConfigureProgress, ImexProgress,
    ImexFileWritten, ContactsChanged, PrivittyChatEncryptionChanged, PrivittyPeerHandshakeComplete,
    PrivittyFileEncrypted, PrivittyFileDecrypted, PrivittyFileAccessRevoked,
    PrivittyFileAccessChanged, PrivittyAccessRenewRequested, PrivittyDeviceCapabilitiesReceived,
    PrivittyDeviceCmdResponse, ChannelEvent, SelfavatarChanged, ConfigSynced, ChatlistItemChanged,
    AccountsItemChanged, IncomingMsgBunch, SmtpMessageSent>;

// Whether a kind follows from others and is never logged.
template <class Body>
inline constexpr bool kIsDerived =
    std::is_same_v<Body, ChatlistItemChanged> || std::is_same_v<Body, AccountsItemChanged> ||
    std::is_same_v<Body, IncomingMsgBunch> || std::is_same_v<Body, SmtpMessageSent>;

struct Event {
  EventId id;         // 0 until it is in the log
  AccountId account;  // 0: the daemon as a whole
  base::UnixMillis at = 0;
  EventBody body;
};

// The event log's form: the number of the kind beside the fields in order.
std::uint16_t event_kind(const EventBody& body);
// The chat of the event; 0 when it has none.
ChatId chat_of(const EventBody& body);
// Names of the event kinds, made from the variant, in its order, without ChannelEvent. They define
// which words `types` of /events accepts, which types publishers may not use, and the list in
// docs/api.md.
struct EventRow {
  std::string_view name;
  std::string_view doc;
  std::uint16_t kind = 0;
};
std::span<const EventRow> event_rows();
// The kind with this name; nothing for an unknown name.
std::optional<std::uint16_t> event_kind_named(std::string_view name);
base::Bytes encode_event(const EventBody& body);
base::Result<EventBody> decode_event(std::uint16_t kind, base::ByteView bytes);

// Called with the events of a commit, in the order of the log.
using EventListener = std::function<void(std::span<const Event>)>;

}  // namespace messaging
