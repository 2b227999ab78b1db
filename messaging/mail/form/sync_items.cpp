#include "messaging/mail/form/sync_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/json_text.h"
#include "messaging/mail/form/message_id.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kMaxSyncName = 1024;
constexpr std::size_t kShortestSyncSecret = 22;  // 128 bits in base64
constexpr std::int64_t kLatestSecond = std::int64_t{1} << 40;

// Core's names of settings, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSettings{{
    {"Displayname", "displayname"},
    {"Selfstatus", "selfstatus"},
    {"MdnsEnabled", "mdns_enabled"},
}};

constexpr std::array<std::pair<std::string_view, Visibility>, 3> kVisibilities{{
    {"Normal", Visibility::normal},
    {"Archived", Visibility::archived},
    {"Pinned", Visibility::pinned},
}};

// ---- writing ----

std::string quoted(std::string_view text) { return json_string(text); }

struct ActionWriter {
  std::string operator()(const SyncBlock& block) const {
    return block.blocked ? "\"Block\"" : "\"Unblock\"";
  }
  std::string operator()(const SyncAccept&) const { return "\"Accept\""; }
  std::string operator()(const SyncDelete&) const { return "\"Delete\""; }
  std::string operator()(const SyncVisibility& shown) const {
    std::string_view name = "Normal";
    for (const auto& [word, visibility] : kVisibilities) {
      if (visibility == shown.visibility) name = word;
    }
    return fmt::format("{{\"SetVisibility\":\"{}\"}}", name);
  }
  std::string operator()(const SyncMute& mute) const {
    if (mute.until == 0) return "{\"SetMuted\":\"NotMuted\"}";
    if (mute.until < 0) return "{\"SetMuted\":\"Forever\"}";
    return fmt::format(
        "{{\"SetMuted\":{{\"Until\":{{\"secs_since_epoch\":{},\"nanos_since_epoch\":{}}}}}}}",
        mute.until / 1000, mute.until % 1000 * 1'000'000);
  }
  std::string operator()(const SyncName& name) const {
    return "{\"Rename\":" + quoted(name.name) + "}";
  }
  std::string operator()(const SyncDescription& description) const {
    return "{\"SetDescription\":" + quoted(description.text) + "}";
  }
  std::string operator()(const SyncGroup& group) const {
    return "{\"CreateGroupEncrypted\":" + quoted(group.name) + "}";
  }
  std::string operator()(const SyncChannel& channel) const {
    const std::string secret(channel.secret.begin(), channel.secret.end());
    return "{\"CreateOutBroadcast\":{\"chat_name\":" + quoted(channel.name) +
           ",\"secret\":" + quoted(secret) + "}}";
  }
  std::string operator()(const SyncMembers& list) const {
    std::string members;
    for (const auto& [fingerprint, addr] : list.members) {
      members += fmt::format("{}[{},{}]", members.empty() ? "" : ",", quoted(fingerprint.hex()),
                             quoted(addr));
    }
    return "{\"SetPgpContacts\":[" + members + "]}";
  }
};

struct ItemWriter {
  std::string operator()(const SyncToken& token) const {
    return fmt::format("{{\"{}\":{{\"invitenumber\":{},\"auth\":{},\"grpid\":{}}}}}",
                       token.live ? "AddQrToken" : "DeleteQrToken", quoted(token.number),
                       quoted(token.auth), token.group.empty() ? "null" : quoted(token.group));
  }
  std::string operator()(const SyncChat& chat) const {
    const bool group = chat.contact == Fingerprint();
    return fmt::format("{{\"AlterChat\":{{\"id\":{{\"{}\":{}}},\"action\":{}}}}}",
                       group ? "Grpid" : "ContactFingerprint",
                       quoted(group ? chat.group : chat.contact.hex()),
                       std::visit(ActionWriter(), chat.action));
  }
  std::string operator()(const SyncSetting& setting) const {
    std::string_view key;
    for (const auto& [theirs, ours] : kSettings) {
      if (ours == setting.key) key = theirs;
    }
    return fmt::format("{{\"Config\":{{\"key\":\"{}\",\"val\":{}}}}}", key, quoted(setting.value));
  }
  std::string operator()(const SyncPicture& picture) const {
    return R"({"Config":{"key":"Selfavatar","val":")" + base64_encode(picture.bytes) + "\"}}";
  }
  std::string operator()(const SyncSaved& saved) const {
    return fmt::format("{{\"SaveMessage\":{{\"src\":{},\"dest\":{}}}}}", quoted(saved.original),
                       quoted(saved.copy));
  }
  std::string operator()(const SyncRemoved& removed) const {
    std::string ids;
    for (const std::string& id : removed.message_ids) {
      ids += (ids.empty() ? "" : ",") + quoted(id);
    }
    return "{\"DeleteMessages\":{\"msgs\":[" + ids + "]}}";
  }
  std::string operator()(const SyncLogins& said) const {
    return "{\"Transports\":" + write_logins(said) + "}";
  }
};

// ---- reading ----

template <class T>
using Maybe = std::optional<T>;

// A word of a link: printable, without blanks, bounded.
std::string word_in(const JsonFields& fields, std::string_view name) {
  std::string word = json_text(json_field(fields, name));
  const bool good =
      word.size() <= kMaxJoinWord &&
      std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return good ? word : std::string();
}

std::string id_in(std::string_view value) {
  std::string id = json_text(value);
  return is_message_id(id) ? id : std::string();
}

Maybe<SyncItem> read_token(std::string_view value, bool live) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  SyncToken token{word_in(*fields, "invitenumber"), word_in(*fields, "auth"),
                  word_in(*fields, "grpid"), live};
  if (token.number.empty() || token.auth.empty()) return std::nullopt;
  if (!token.group.empty() && !is_group_id(token.group)) return std::nullopt;
  return token;
}

Maybe<SyncAction> read_mute(std::string_view value) {
  const std::string word = json_text(value);
  if (word == "NotMuted") return SyncMute{0};
  if (word == "Forever") return SyncMute{-1};
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto until = json_object(json_field(*fields, "Until"));
  if (!until) return std::nullopt;
  const auto seconds = json_number(json_field(*until, "secs_since_epoch"));
  const auto nanos = json_number(json_field(*until, "nanos_since_epoch"));
  if (!seconds || *seconds == 0 || *seconds > static_cast<std::uint64_t>(kLatestSecond)) {
    return std::nullopt;
  }
  const std::uint64_t millis = std::min<std::uint64_t>(nanos.value_or(0) / 1'000'000, 999);
  return SyncMute{static_cast<std::int64_t>(*seconds * 1000 + millis)};
}

Maybe<SyncAction> read_members_of(std::string_view value) {
  const auto list = json_array(value, kMaxSyncList);
  if (!list) return std::nullopt;
  SyncMembers members;
  for (const std::string_view one : *list) {
    const auto pair = json_array(one, 2);
    if (!pair || pair->size() != 2) return std::nullopt;
    const auto fingerprint = Fingerprint::from_hex(json_text((*pair)[0]));
    std::string addr = json_text((*pair)[1]);
    if (!fingerprint || (!addr.empty() && !is_address(addr))) return std::nullopt;
    members.members.emplace_back(*fingerprint, std::move(addr));
  }
  return members;
}

Maybe<SyncAction> read_channel(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const std::string name = json_text(json_field(*fields, "chat_name"));
  const std::string secret = json_text(json_field(*fields, "secret"));
  const bool printable =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (name.size() > kMaxSyncName || !printable) return std::nullopt;
  if (secret.size() < kShortestSyncSecret || secret.size() > kMaxSyncSecret) return std::nullopt;
  return SyncChannel{name, crypto::WipingBytes(secret.begin(), secret.end())};
}

Maybe<SyncAction> read_action(std::string_view value) {
  const std::string word = json_text(value);
  if (word == "Block") return SyncBlock{true};
  if (word == "Unblock") return SyncBlock{false};
  if (word == "Accept") return SyncAccept();
  if (word == "Delete") return SyncDelete();
  const auto fields = json_object(value, 1);
  if (!fields || fields->empty()) return std::nullopt;
  const auto& [name, argument] = fields->front();
  if (name == "CreateOutBroadcast") return read_channel(argument);
  if (name == "SetMuted") return read_mute(argument);
  if (name == "SetPgpContacts") return read_members_of(argument);
  const std::string text = json_text(argument);
  if (name == "SetVisibility") {
    for (const auto& [shown, visibility] : kVisibilities) {
      if (shown == text) return SyncVisibility{visibility};
    }
    return std::nullopt;
  }
  if (!argument.starts_with('"')) return std::nullopt;
  if (name == "SetDescription") {
    if (text.size() > kMaxDescription) return std::nullopt;
    return SyncDescription{text};
  }
  if (text.size() > kMaxSyncName) return std::nullopt;
  if (name == "Rename") return SyncName{text};
  if (name == "CreateGroupEncrypted") return SyncGroup{text};
  return std::nullopt;
}

Maybe<SyncItem> read_chat(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto id = json_object(json_field(*fields, "id"), 1);
  auto action = read_action(json_field(*fields, "action"));
  if (!id || id->empty() || !action) return std::nullopt;
  SyncChat chat;
  chat.action = *std::move(action);
  const auto& [kind, name] = id->front();
  if (kind == "Grpid") {
    chat.group = json_text(name);
    if (!is_group_id(chat.group)) return std::nullopt;
  } else if (kind == "ContactFingerprint") {
    const auto fingerprint = Fingerprint::from_hex(json_text(name));
    if (!fingerprint) return std::nullopt;
    chat.contact = *fingerprint;
  } else {
    return std::nullopt;  // an address identifies no contact
  }
  return chat;
}

Maybe<SyncItem> read_picture(std::string_view value) {
  if (!value.starts_with('"')) return std::nullopt;
  auto bytes = base64_decode(json_text(value), kMaxPicture);
  if (!bytes) return std::nullopt;
  return SyncPicture{*std::move(bytes)};
}

Maybe<SyncItem> read_setting(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const std::string key = json_text(json_field(*fields, "key"));
  const std::string_view said = json_field(*fields, "val");
  if (key == "Selfavatar") return read_picture(said);
  const std::string text = json_text(said);
  if (!said.starts_with('"') || text.size() > kMaxSyncValue) return std::nullopt;
  for (const auto& [theirs, ours] : kSettings) {
    if (theirs == key) return SyncSetting{std::string(ours), text};
  }
  return std::nullopt;
}

Maybe<SyncItem> read_saved(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  SyncSaved saved{id_in(json_field(*fields, "src")), id_in(json_field(*fields, "dest"))};
  if (saved.original.empty() || saved.copy.empty()) return std::nullopt;
  return saved;
}

Maybe<SyncItem> read_removed(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto list = json_array(json_field(*fields, "msgs"), kMaxSyncList);
  if (!list) return std::nullopt;
  SyncRemoved removed;
  for (const std::string_view one : *list) {
    if (std::string id = id_in(one); !id.empty()) removed.message_ids.push_back(std::move(id));
  }
  if (removed.message_ids.empty()) return std::nullopt;
  return removed;
}

Maybe<SyncItem> read_item(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto data = json_object(json_field(*fields, "data"), 1);
  if (!data || data->empty()) return std::nullopt;
  const auto& [kind, content] = data->front();
  if (kind == "AddQrToken") return read_token(content, true);
  if (kind == "DeleteQrToken") return read_token(content, false);
  if (kind == "AlterChat") return read_chat(content);
  if (kind == "Config") return read_setting(content);
  if (kind == "SaveMessage") return read_saved(content);
  if (kind == "DeleteMessages") return read_removed(content);
  if (kind == "Transports") {
    if (auto said = read_logins(content)) {
      const std::uint64_t at = json_number(json_field(*fields, "timestamp")).value_or(0);
      said->reported = static_cast<std::int64_t>(std::min<std::uint64_t>(at, kLatestSecond));
      return *std::move(said);
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_synced_setting(std::string_view key) {
  return std::any_of(kSettings.begin(), kSettings.end(),
                     [&](const auto& one) { return one.second == key; });
}

std::string write_sync_items(const std::vector<SyncItem>& items, std::int64_t seconds) {
  std::string list;
  for (const SyncItem& item : items) {
    list += fmt::format("{}{{\"timestamp\":{},\"data\":{}}}", list.empty() ? "" : ",\n", seconds,
                        std::visit(ItemWriter(), item));
  }
  return "{\"items\":[\n" + list + "\n]}";
}

std::optional<MailPicture> picture_in_news(std::string_view json) {
  std::optional<MailPicture> found;
  if (json.find("Selfavatar") == std::string_view::npos) return found;
  for (SyncItem& item : read_sync_items(json)) {
    if (auto* picture = std::get_if<SyncPicture>(&item)) {
      found = MailPicture{std::move(picture->bytes)};
    }
  }
  return found;
}

std::vector<SyncItem> read_sync_items(std::string_view json) {
  std::vector<SyncItem> items;
  const auto whole = json_object(json);
  if (!whole) return items;
  const auto list = json_array(json_field(*whole, "items"), kMaxSyncItems);
  if (!list) return items;
  for (const std::string_view one : *list) {
    if (auto item = read_item(one)) items.push_back(*std::move(item));
  }
  return items;
}

}  // namespace messaging::mail
