// ChatMail: what an encrypted mail of a chat says, as a value: the decrypted part's headers and
// body without their spelling. write_inner() makes the bytes, read_mail() the value.
//
// The reader bounds all fields, and no header text holds a line break. The writer takes the same
// values, and none of them can become a header of its own: it removes line breaks and other control
// characters from header texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/wiping.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/form/fingerprint.h"
#include "messaging/model/location_content.h"
#include "messaging/model/types.h"

namespace messaging::mail {

// Bounds of the reader.
inline constexpr std::size_t kMaxRecipients = 1000;      // in To, and as many past members
inline constexpr std::size_t kMaxGossip = 1000;          // keys in one mail
inline constexpr std::size_t kMaxKey = 64 * 1024;        // bytes of a certificate
inline constexpr std::size_t kMaxPicture = 1024 * 1024;  // bytes of an avatar
inline constexpr std::size_t kMaxFiles = 20;             // in one mail; further ones are left out
inline constexpr std::size_t kMaxMailFile = 48u << 20;   // bytes of a file
inline constexpr std::size_t kMaxSubject = 1000;         // bytes
inline constexpr std::size_t kMaxJoinWord = 256;         // bytes of a secret, number or step
inline constexpr std::size_t kMaxUpdateJson = 1024 * 1024;    // bytes of webxdc status updates
inline constexpr std::size_t kMaxSyncJson = 2 * 1024 * 1024;  // with a picture, in base64
inline constexpr std::size_t kMaxTimer = 0x7fffffff;          // seconds

// A file from here on is sent as two mails: a pre-message, and a post-message with the file.
inline constexpr std::uint64_t kSplitFrom = 140'000;  // bytes

// A recipient. The last two fields are of members of groups: To is also the list of members.
struct MailMember : MailAddress {
  Fingerprint fingerprint = {};  // empty: not said
  std::int64_t changed = 0;      // Unix seconds, when it was added or removed; 0: not said
  friend bool operator==(const MailMember&, const MailMember&) = default;
};

// An Autocrypt or Autocrypt-Gossip header. The key is not checked here.
struct KeyNotice {
  std::string addr;
  base::Bytes key;
  bool mutual = false;  // prefer-encrypt=mutual
  friend bool operator==(const KeyNotice&, const KeyNotice&) = default;
};

struct MailFile {
  std::string name;
  std::string media_type;
  base::Bytes bytes;
  friend bool operator==(const MailFile&, const MailFile&) = default;
};

// A picture of a contact or group.
struct MailPicture {
  base::Bytes bytes;  // empty: it was removed
  friend bool operator==(const MailPicture&, const MailPicture&) = default;
};

// In a pre-message: the file that another mail brings.
struct PostNotice {
  std::string message_id;  // of the post-message
  std::string name;
  Viewtype type = Viewtype::file;
  std::uint64_t size = 0;
  std::uint32_t width = 0;  // 0 unknown
  std::uint32_t height = 0;
  std::uint32_t duration = 0;  // milliseconds, 0 unknown
  friend bool operator==(const PostNotice&, const PostNotice&) = default;
};

// ---- bodies: one for each thing that a mail can be ----

// A message: text, file or both.
struct MailText {
  std::string text = {};  // line breaks are "\n"
  // The quoted text; the quoted message is ChatMail::in_reply_to.
  std::optional<std::string> quote = std::nullopt;
  std::string footer = {};  // the sender's status
  bool forwarded = false;
  Viewtype type = Viewtype::text;
  std::optional<MailFile> file = std::nullopt;
  std::vector<MailFile> more_files = {};          // of clients that attach several; never written
  std::uint32_t duration = 0;                     // milliseconds, of audio and video
  std::optional<PostNotice> post = std::nullopt;  // this is a pre-message
  bool is_post = false;                           // this is the post-message
  std::string updates = {};                       // of an app that is sent: its updates, JSON
  friend bool operator==(const MailText&, const MailText&) = default;
};

// Read receipts.
struct MailReceipt {
  std::vector<std::string> message_ids;  // at least one
  friend bool operator==(const MailReceipt&, const MailReceipt&) = default;
};

// To ChatMail::in_reply_to. Replaces all earlier ones of the sender; "" takes them back.
struct MailReaction {
  std::string reactions;  // with a blank between them
  friend bool operator==(const MailReaction&, const MailReaction&) = default;
};

struct MailEdit {
  std::string message_id;
  std::string text;
  std::optional<std::string> quote = std::nullopt;
  friend bool operator==(const MailEdit&, const MailEdit&) = default;
};

struct MailDeletion {
  std::vector<std::string> message_ids;  // at least one
  friend bool operator==(const MailDeletion&, const MailDeletion&) = default;
};

// Of ChatMail::in_reply_to.
struct MailPin {
  bool pinned = true;  // false: unpinned
  friend bool operator==(const MailPin&, const MailPin&) = default;
};

// To ChatMail::timer.
struct MailTimerChange {
  std::string text;
  friend bool operator==(const MailTimerChange&, const MailTimerChange&) = default;
};

// Only ChatMail::places; or the beginning of them, with a line in the chat.
struct MailLocations {
  bool begins = false;
  std::string text = {};
  friend bool operator==(const MailLocations&, const MailLocations&) = default;
};

// Updates of the app that ChatMail::in_reply_to brought.
struct MailStatusUpdate {
  std::string json;
  std::string text = {};
  friend bool operator==(const MailStatusUpdate&, const MailStatusUpdate&) = default;
};

struct MailCall {
  enum class Step : std::uint8_t { offer, accepted, ended };
  Step step = Step::offer;
  std::string info = {};  // an offer's or an acceptance's: what one side passes to the other
  bool video = false;
  std::string text = {};
  friend bool operator==(const MailCall&, const MailCall&) = default;
};

// Between devices of one account; only of ourselves.
struct MailSync {
  std::string json;
  friend bool operator==(const MailSync&, const MailSync&) = default;
};

using MailBody = std::variant<MailText, MailReceipt, MailReaction, MailEdit, MailDeletion, MailPin,
                              MailTimerChange, MailLocations, MailStatusUpdate, MailCall, MailSync>;

// ---- groups and channels ----

struct MemberAdded {
  std::string addr;
  Fingerprint fingerprint = {};
  friend bool operator==(const MemberAdded&, const MemberAdded&) = default;
};
struct MemberRemoved {  // of the sender itself: it left
  std::string addr;
  Fingerprint fingerprint = {};
  friend bool operator==(const MemberRemoved&, const MemberRemoved&) = default;
};
struct GroupRenamed {
  std::string old_name;
  friend bool operator==(const GroupRenamed&, const GroupRenamed&) = default;
};
struct GroupImageChanged {  // to MailGroup::image
  friend bool operator==(const GroupImageChanged&, const GroupImageChanged&) = default;
};
struct GroupDescribed {  // by MailGroup::description
  friend bool operator==(const GroupDescribed&, const GroupDescribed&) = default;
};
// What a mail changes, with a line in the chat; monostate: nothing.
using MailGroupChange = std::variant<std::monostate, MemberAdded, MemberRemoved, GroupRenamed,
                                     GroupImageChanged, GroupDescribed>;

// The group or channel of a mail. The group's members are the sender and ChatMail::to.
struct MailGroup {
  std::string id;
  bool channel = false;  // its recipients are not in To
  std::string name;
  std::int64_t name_changed = 0;  // Unix seconds; 0: not said, as in each field below
  std::optional<std::string> description = std::nullopt;
  std::int64_t description_changed = 0;
  std::optional<MailPicture> image = std::nullopt;
  std::vector<MailMember> past = {};  // removed ones
  // The mail has the times of all members. A mail with the times of some has none of them.
  bool timed = false;
  crypto::WipingBytes secret = {};  // of a channel, for the reader who was added; empty: not said
  MailGroupChange change = {};
  friend bool operator==(const MailGroup&, const MailGroup&) = default;
};

// ---- SecureJoin ----

struct MailJoin {
  std::string step;  // "vc-request-pubkey" and so on
  std::string auth = {};
  std::string number = {};  // of requests by version 2
  Fingerprint fingerprint = {};
  std::string group = {};
  friend bool operator==(const MailJoin&, const MailJoin&) = default;
};

struct ChatMail {
  MailAddress from;
  std::vector<MailMember> to = {};  // empty: hidden
  std::string shown_as = {};        // the sender's name for this message only; "" from.name
  std::string message_id;
  std::string in_reply_to = {};  // "" none
  std::vector<std::string> references = {};
  std::int64_t date = 0;  // Unix seconds
  // Of arriving mails: the order within one second, 0 to 999, set when the mail is fetched.
  std::uint16_t order = 0;
  std::string subject = {};
  bool chat = true;            // has Chat-Version; without it the mail is not from a chat client
  bool wants_receipt = false;  // Chat-Disposition-Notification-To names From
  bool automatic = false;      // Auto-Submitted: auto-generated, from a bot
  std::uint32_t timer = 0;     // seconds until the message vanishes; 0 never
  std::optional<KeyNotice> key = std::nullopt;
  std::vector<KeyNotice> gossip = {};
  std::optional<MailPicture> avatar = std::nullopt;  // the sender's
  std::optional<MailJoin> join = std::nullopt;
  std::optional<MailGroup> group = std::nullopt;
  std::vector<PlaceNote> places = {};         // where the sender was
  std::optional<Place> place = std::nullopt;  // of this message
  MailBody body = MailText{};
};

}  // namespace messaging::mail
