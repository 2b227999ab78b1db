// Sync items: what devices of one account report to each other, as the JSON of a mail to ourselves:
//
//   {"items":[{"timestamp":1796054379,"data":{"AddQrToken":{…}}}, …]}
//
// Hostile input: everything is bounded, and items that cannot be read or are of an unknown kind are
// left out. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/wiping.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/form/fingerprint.h"
#include "messaging/mail/form/login_items.h"
#include "messaging/model/types.h"

namespace messaging::mail {

inline constexpr std::size_t kMaxSyncItems = 1000;   // of one mail
inline constexpr std::size_t kMaxSyncList = 1000;    // messages or members of one item
inline constexpr std::size_t kMaxSyncValue = 64000;  // bytes of a setting
inline constexpr std::size_t kMaxSyncSecret = 100;   // bytes of a channel's secret

struct SyncToken {
  std::string number;
  std::string auth;
  std::string group = {};  // id; "": the account's own invite
  bool live = true;        // false: it was withdrawn
  friend bool operator==(const SyncToken&, const SyncToken&) = default;
};

// ---- changes of a chat ----
struct SyncBlock {
  bool blocked = true;
  friend bool operator==(const SyncBlock&, const SyncBlock&) = default;
};
struct SyncAccept {
  friend bool operator==(const SyncAccept&, const SyncAccept&) = default;
};
struct SyncDelete {
  friend bool operator==(const SyncDelete&, const SyncDelete&) = default;
};
struct SyncVisibility {
  Visibility visibility = Visibility::normal;
  friend bool operator==(const SyncVisibility&, const SyncVisibility&) = default;
};
struct SyncMute {
  std::int64_t until = 0;  // milliseconds; 0 not muted, -1 for ever
  friend bool operator==(const SyncMute&, const SyncMute&) = default;
};
struct SyncName {  // of a contact, or of a group that nobody was notified of yet
  std::string name;
  friend bool operator==(const SyncName&, const SyncName&) = default;
};
struct SyncDescription {  // of a group that nobody was notified of yet
  std::string text;
  friend bool operator==(const SyncDescription&, const SyncDescription&) = default;
};
struct SyncGroup {  // it was made, and nobody was notified of it yet
  std::string name;
  friend bool operator==(const SyncGroup&, const SyncGroup&) = default;
};
struct SyncChannel {  // of ours, which was made
  std::string name;
  crypto::WipingBytes secret;
  friend bool operator==(const SyncChannel&, const SyncChannel&) = default;
};
struct SyncMembers {  // of a group that nobody was notified of yet, ourselves too
  std::vector<std::pair<Fingerprint, std::string>> members;  // with addresses
  friend bool operator==(const SyncMembers&, const SyncMembers&) = default;
};
using SyncAction = std::variant<SyncBlock, SyncAccept, SyncDelete, SyncVisibility, SyncMute,
                                SyncName, SyncDescription, SyncGroup, SyncChannel, SyncMembers>;

struct SyncChat {
  Fingerprint contact = {};  // empty: it is a group
  std::string group = {};    // id
  SyncAction action = SyncAccept();
  friend bool operator==(const SyncChat&, const SyncChat&) = default;
};

struct SyncSetting {
  std::string key;  // as get_config() has it
  std::string value;
  friend bool operator==(const SyncSetting&, const SyncSetting&) = default;
};
inline constexpr std::string_view kPictureSetting = "selfavatar";  // as get_config() has it
struct SyncPicture {                                               // our own
  base::Bytes bytes;                                               // empty: it was removed
  friend bool operator==(const SyncPicture&, const SyncPicture&) = default;
};
struct SyncSaved {
  std::string original;  // Message-IDs
  std::string copy;
  friend bool operator==(const SyncSaved&, const SyncSaved&) = default;
};
struct SyncRemoved {
  std::vector<std::string> message_ids;
  friend bool operator==(const SyncRemoved&, const SyncRemoved&) = default;
};
using SyncItem =
    std::variant<SyncToken, SyncChat, SyncSetting, SyncPicture, SyncSaved, SyncRemoved, SyncLogins>;

// Whether a setting of this name is synced to other devices.
bool is_synced_setting(std::string_view key);

std::string write_sync_items(const std::vector<SyncItem>& items, std::int64_t seconds);
std::vector<SyncItem> read_sync_items(std::string_view json);
// The last of the items about our own picture.
std::optional<MailPicture> picture_in_news(std::string_view json);

}  // namespace messaging::mail
