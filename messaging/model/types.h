// The nouns of messaging as plain structs: the results of reads and the arguments of writes. Times
// are Unix milliseconds UTC; 0 means never. Strings are UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/tables/chat_enums.h"
#include "store/tables/message_enums.h"

namespace messaging {

using base::AccountId;
using base::ChatId;
using base::ContactId;
using base::FileId;
using base::MsgId;
using base::UnixMillis;
using store::CallState;
using store::ChatType;
using store::DownloadState;
using store::MsgState;
using store::SystemMessage;
using store::Viewtype;
using store::Visibility;

// Ids with a fixed meaning in every account; real ones start at kFirstId.
inline constexpr ContactId kSelf{1};
inline constexpr ContactId kInfoContact{2};
inline constexpr ContactId kDeviceContact{5};
inline constexpr ChatId kTrashChat{3};
inline constexpr ChatId kArchiveLink{6};
inline constexpr MsgId kDayMarker{9};
inline constexpr std::uint32_t kFirstId = 10;

inline constexpr std::size_t kMaxText = 256 * 1024;     // bytes, decision 4
inline constexpr std::size_t kMaxCallInfo = 32 * 1024;  // what either side of a call passes

struct Account {
  AccountId id;
  bool configured = false;
  std::string addr;
  std::string display_name;
  std::string private_tag;  // "" none
  std::string color_seed;   // the input for the colour
  std::string image;        // path of the picture's sealed blob; "" none
};

// An account's use of the disk. All accounts share the database.
struct StorageUse {
  std::int64_t messages = 0;
  std::uint64_t files = 0;
  std::uint64_t file_bytes = 0;  // sealed, as they are on disk
  std::uint64_t database_bytes = 0;
};

// When a contact was last seen.
enum class Freshness : std::uint8_t { normal, recently_seen, old };

inline constexpr base::Millis kSeenRecently = 10 * base::Millis{60'000};
inline constexpr base::Millis kSeenLongAgo = 60 * base::Millis{86'400'000};

// Of a contact whose key is known.
constexpr Freshness freshness_of(UnixMillis last_seen, UnixMillis now) {
  if (last_seen > 0 && now - last_seen < kSeenRecently) return Freshness::recently_seen;
  return now - last_seen > kSeenLongAgo ? Freshness::old : Freshness::normal;
}

struct Contact {
  ContactId id;
  std::string addr;
  std::string name;          // given by us; "" none
  std::string auth_name;     // given by themselves
  std::string display_name;  // name, else auth_name, else addr
  std::string status;        // their signature text
  std::string fingerprint;   // 64 upper-case hex; "" for special contacts
  std::string color_seed;
  std::string image;  // path of the picture's sealed blob; "" none
  bool is_blocked = false;
  bool is_bot = false;
  bool is_verified = false;
  bool e2ee_available = false;  // a session exists or existed
  std::optional<ContactId> verifier;
  UnixMillis last_seen = 0;
};

// Somebody whose key is known; not ourselves, nor the gateway.
inline bool is_person(const Contact& contact) {
  return contact.id.value >= kFirstId && !contact.fingerprint.empty();
}

struct MuteState {
  bool muted = false;
  UnixMillis until = 0;  // 0 with muted: for ever
};

struct Chat {
  ChatId id;
  ChatType type = ChatType::single;
  std::string name;
  std::string color_seed;
  std::vector<ContactId> contacts;  // ourselves last; of a channel its subscribers, or its owner
  std::vector<ContactId> past_contacts;  // former members
  std::string description;
  std::string image;  // path of the picture's sealed blob; "" none
  Visibility visibility = Visibility::normal;
  MuteState mute;
  bool is_contact_request = false;
  bool is_blocked = false;
  bool is_self_talk = false;
  bool is_device_chat = false;
  bool is_encrypted = false;
  bool can_send = false;
  bool self_in_group = true;
  bool is_unpromoted = false;               // not sent to members yet
  Freshness freshness = Freshness::normal;  // of its contact
  std::uint32_t fresh_count = 0;
  std::uint32_t timer = 0;              // seconds until new messages vanish; 0 never
  std::optional<ContactId> dm_contact;  // of a 1:1 chat
};

// One line of a chat list.
struct ChatSummary {
  Chat chat;
  std::optional<MsgId> last_message;
  std::optional<Viewtype> last_type;
  UnixMillis last_updated = 0;
  std::string prefix;  // "Draft", "Me", a sender's name in groups, or ""
  std::string text;
  MsgState state = MsgState::undefined;
  bool sends_location = false;  // we send our locations to it
};

struct Quote {
  std::string text;
  std::optional<MsgId> message;  // if the message is here
};

struct MessageFile {
  std::string path;  // the sealed blob; accepted by every method with a path parameter
  std::string name;  // the sender's name for it
  std::string media_type;
  std::uint64_t size = 0;     // bytes of plaintext
  bool is_protected = false;  // the container of a protected file
  std::uint32_t width = 0;    // pixels, of a picture; 0 unknown
  std::uint32_t height = 0;   //
};

// One contact's reactions to a message.
struct ReactionsOf {
  ContactId contact;
  std::vector<std::string> reactions;
};

struct Message {
  MsgId id;
  ChatId chat;
  ContactId from;
  MsgState state = MsgState::undefined;
  Viewtype type = Viewtype::text;
  DownloadState download = DownloadState::done;
  std::string text;
  std::string error;        // "" none
  std::string sender_name;  // override_sender_name; "" none
  std::optional<Quote> quote;
  std::optional<MessageFile> file;
  // The known data of a message's file that has not arrived; its path is empty.
  std::optional<MessageFile> awaited;
  Viewtype awaited_type = Viewtype::file;
  std::vector<ReactionsOf> reactions;  // by contact; of those who have some
  SystemMessage system = SystemMessage::none;
  bool is_info = false;
  bool is_bot = false;
  bool is_edited = false;
  bool is_forwarded = false;
  bool has_location = false;
  bool is_pinned = false;
  bool encrypted = false;
  std::optional<ContactId> info_contact;
  std::optional<MsgId> parent;  // of a line of an app: the app's message
  std::string link;             // of such a line: where in the app it leads; "" none
  UnixMillis sent_at = 0;
  UnixMillis sort_at = 0;
  UnixMillis received_at = 0;
  std::optional<MsgId> original;  // the message that it is a saved copy of, if that is here
  std::optional<MsgId> saved;     // its copy in Saved messages
  std::uint32_t timer = 0;        // seconds until it vanishes, once it was read; 0 never
  UnixMillis expires_at = 0;      // 0: its timer does not run
  std::string uuid;               // the same at both sides, hex
};

// A message to send; drafts have the same form.
struct MessageDraft {
  std::string text;
  std::string file;       // a path of the caller, or a blob path from an answer; "" none
  std::string file_name;  // "" as the path's last part
  std::string sender_name;
  std::string quoted_text;
  std::optional<MsgId> quoted;
  std::optional<Viewtype> type;                       // nullopt: by the file's name, or text
  std::optional<std::pair<double, double>> location;  // latitude and longitude, degrees
  std::optional<MsgId> of_draft = {};  // sent from this one, whose webxdc updates go along
};

struct Call {
  bool video = false;  // when it was placed
  std::string offer;   // what the caller passed
  CallState state = CallState::rings;
  base::Millis duration = 0;  // of a completed one
};

struct ReadReceipt {
  ContactId contact;
  UnixMillis at = 0;
};

// For get_message_info(_object): the delivery of a message.
struct MessageTrace {
  Message message;
  std::vector<ReadReceipt> receipts;
  std::vector<std::string> steps;  // one line each, for a person
};

struct ListItem {
  MsgId message;       // kDayMarker for a day marker
  UnixMillis day = 0;  // of a day marker
};

}  // namespace messaging
