#include "messaging/api/views.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/encoding.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/model/change_content.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "store/tables/blobs.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"
#include "store/tables/locations.h"
#include "store/tables/mail_left.h"
#include "store/tables/message_changes.h"

namespace messaging {
namespace {

constexpr std::size_t kSummaryBytes = 1000;

std::string config_or(const View& view, std::string_view key, std::string otherwise) {
  auto value = store::find_config_value(view.scope, key);
  if (value && *value) return **std::move(value);
  return otherwise;
}

// Of the key by which the account's protocol reaches the contact; empty without one.
std::string fingerprint_of(const View& view, const store::ContactRow& row) {
  const store::ContactKey* key = row.key(view.account.protocol());
  return key == nullptr ? std::string() : crypto::hex_encode_upper(key->fingerprint);
}

// What a list shows of a message with a file: a sign, then the kind or name of the file. A text
// stands behind the name, or in the place of the kind.
struct FileLabel {
  std::string_view sign = "";
  std::string name = "";
  bool is_replaced = false;
};

// In the client's own words where it set some (set_stock_strings).
FileLabel file_label(const kernel::StockStrings& words, Viewtype type, std::string_view name) {
  using kernel::Stock;
  switch (type) {
    case Viewtype::image:
      return {"📷", words.get(Stock::image, "Image"), true};
    case Viewtype::gif:
      return {"", words.get(Stock::gif, "GIF")};
    case Viewtype::sticker:
      return {"", words.get(Stock::sticker, "Sticker")};
    case Viewtype::video:
      return {"🎥", words.get(Stock::video, "Video"), true};
    case Viewtype::voice:
      return {"🎤", words.get(Stock::voice, "Voice message"), true};
    case Viewtype::audio:
      return {"🎵", std::string(name)};
    case Viewtype::call:
      return {"📞", "Call"};
    case Viewtype::webxdc:
      return {"📱", "App"};
    case Viewtype::vcard:
      return {"👤", "Contact"};
    default:
      return name.empty() ? FileLabel{} : FileLabel{"📎", std::string(name)};
  }
}

// Cut behind the last blank before so many characters.
std::string cut_to(std::string text, std::size_t characters) {
  constexpr std::string_view kCut = "[...]";
  std::size_t end = text.size();
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (count++ == characters) end = i;
  }
  if (count <= characters + kCut.size()) return text;
  const std::size_t blank = text.rfind(' ', end - 1);
  text.resize(end > 0 && blank != std::string::npos ? blank + 1 : end);
  return text.append(kCut);
}

// A message's description of its file that is not here.
void add_awaited(const View& view, const store::MessageRow& row, Message& message) {
  const auto notice = store::find_mail_notice(view.scope, row.from, row.uuid);
  if (!notice || !*notice) return;
  MessageFile file;
  file.name = plain_file_name((*notice)->name);
  file.media_type = media_type_of(file.name);
  file.size = (*notice)->size;
  file.width = (*notice)->width;
  file.height = (*notice)->height;
  message.awaited = std::move(file);
  message.awaited_type = (*notice)->type;
}

// Joins all lines into one, cut at a whole character.
std::string one_line(std::string_view text) {
  std::string out;
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c;
    if (out.size() > kSummaryBytes) break;
  }
  if (out.size() > kSummaryBytes) {
    std::size_t end = kSummaryBytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
    out += "…";
  }
  return out;
}

std::string chat_name(const View& view, const store::ChatRow& row) {
  using kernel::Stock;
  if (row.contact == kSelf) return view.core.stock.get(Stock::saved_messages, kSavedMessagesName);
  if (row.contact == kDeviceContact) {
    return view.core.stock.get(Stock::device_messages, kDeviceChatName);
  }
  if (!row.contact) return "";
  const auto contact = load_contact_view(view, *row.contact);
  return contact ? contact->display_name : std::string();
}

// Adds the group's or channel's fields to a chat.
base::Result<> add_group(const View& view, const store::ChatRow& row, Chat& chat) {
  EDGE_TRY(const auto group, store::find_group(view.scope, row.id));
  if (!group) return base::fail(base::Errc::corrupt, "a group's record is missing");
  EDGE_TRY(const auto members, store::list_members(view.scope, row.id));
  chat.name = plain_name(group->name, kMaxGroupName);
  chat.description = group->description;
  chat.color_seed = base::to_hex(group->uuid);
  chat.self_in_group = group->self_present;
  chat.is_unpromoted = !group->promoted && chat.type == ChatType::group;
  chat.can_send = row.blocked == store::ChatBlocked::no && group->self_present &&
                  chat.type != ChatType::in_broadcast;
  for (const store::MemberRow& member : members) {
    (member.present ? chat.contacts : chat.past_contacts).push_back(member.contact);
  }
  if (!group->self_present) {
    chat.past_contacts.push_back(kSelf);
  } else if (chat.type != ChatType::out_broadcast) {
    chat.contacts.push_back(kSelf);
  }
  chat.image = image_path(view, group->image_blob);
  return {};
}

base::Result<bool> sends_location(const View& view, ChatId chat) {
  if (!view.location_streams) {
    EDGE_TRY(view.location_streams, store::list_location_streams(view.scope));
  }
  const base::UnixMillis now = view.core.steady->wall().now;
  return std::any_of(view.location_streams->begin(), view.location_streams->end(),
                     [&](const store::LocationStreamRow& stream) {
                       return stream.chat == chat && stream.until > now;
                     });
}

}  // namespace

std::string image_path(const View& view, std::optional<std::int64_t> blob) {
  if (!blob) return "";
  const auto row = store::find_blob(view.scope, *blob);
  return row && *row ? view.core.store.blobs().path(view.account.uuid, (*row)->name) : "";
}

Contact view_contact(const View& view, const store::ContactRow& row) {
  Contact contact;
  contact.id = row.id;
  contact.addr = plain_name(row.addr, kMaxAddress);
  contact.name = plain_name(row.name, kMaxLongName);
  contact.auth_name = plain_name(row.auth_name);
  contact.status = row.status;
  contact.fingerprint = fingerprint_of(view, row);
  contact.is_blocked = row.blocked;
  contact.is_bot = row.bot;
  contact.is_verified = row.verified;
  contact.e2ee_available = !contact.fingerprint.empty();
  if (row.verified && row.id != kSelf) contact.verifier = kSelf;
  contact.last_seen = row.last_seen;
  contact.image = image_path(view, row.avatar_blob);
  if (row.id == kSelf) {
    contact.name = view.core.stock.get(kernel::Stock::self, "Me");
    contact.addr = view.account.addr();
    contact.auth_name = plain_name(config_or(view, "displayname", ""));
    contact.status = config_or(view, "selfstatus", "");
    contact.is_verified = true;
    contact.is_bot = config_or(view, "bot", "0") == "1";
  } else if (row.id == kDeviceContact) {
    contact.name = view.core.stock.get(kernel::Stock::device_messages, kDeviceChatName);
    contact.addr = "device@localhost";
    contact.status = "Messages of this gateway itself";
  } else if (row.id == kInfoContact) {
    contact.name = "info";
  }
  contact.display_name = contact.name.empty() ? chats::shown_name(row) : contact.name;
  contact.color_seed = contact.fingerprint.empty() ? contact.addr : contact.fingerprint;
  return contact;
}

base::Result<Contact> load_contact_view(const View& view, ContactId contact) {
  const auto known = view.contacts.find(contact);
  if (known != view.contacts.end()) return known->second;
  const auto load = [&]() -> base::Result<Contact> {
    EDGE_TRY(const store::ContactRow row, store::load_contact(view.scope, contact));
    return view_contact(view, row);
  };
  return view.contacts.emplace(contact, load()).first->second;
}

base::Result<Chat> view_chat(const View& view, const store::ChatRow& row) {
  const base::UnixMillis now = view.core.clock.now();
  Chat chat;
  chat.id = row.id;
  chat.type = row.type;
  chat.visibility = row.visibility;
  chat.mute = {chats::is_muted(row, now),
               row.muted_until == store::ChatRow::kMutedForEver ? 0 : row.muted_until};
  if (!chat.mute.muted) chat.mute.until = 0;
  chat.is_contact_request = row.blocked == store::ChatBlocked::request;
  chat.is_blocked = row.blocked == store::ChatBlocked::yes;
  chat.is_self_talk = row.contact == kSelf;
  chat.is_device_chat = row.contact == kDeviceContact;
  // What the gateway itself writes never leaves it.
  chat.is_encrypted = row.encrypted || chat.is_device_chat;
  chat.can_send = row.blocked == store::ChatBlocked::no && !chat.is_device_chat;
  chat.timer = row.timer;
  chat.dm_contact = row.contact;
  if (chat.type != ChatType::single) {
    EDGE_CHECK(add_group(view, row, chat));
  } else {
    chat.name = chat_name(view, row);
    chat.color_seed = chat.name;
  }
  if (row.contact) {
    chat.contacts = {*row.contact};
    // A contact whose record is damaged is shown without its name.
    if (const auto contact = load_contact_view(view, *row.contact)) {
      chat.color_seed = contact->color_seed;
      if (row.contact->value >= kFirstId) chat.image = contact->image;
      if (is_person(*contact)) chat.freshness = freshness_of(contact->last_seen, now);
      // A contact of whom only an address is known.
      if (row.contact->value >= kFirstId && !contact->e2ee_available) chat.can_send = false;
    }
  }
  EDGE_TRY(chat.fresh_count, store::fresh_count(view.scope, row.id));
  return chat;
}

base::Result<ChatSummary> view_summary(const View& view, const store::ChatRow& row) {
  ChatSummary summary;
  EDGE_TRY(summary.chat, view_chat(view, row));
  // Of a chat without messages.
  summary.text = view.core.stock.get(kernel::Stock::no_messages, "No messages.");
  EDGE_TRY(summary.sends_location, sends_location(view, row.id));
  auto found = store::find_newest_message(view.scope, row.id);
  if (!found) {
    EDGE_TRY(const auto last, store::last_message(view.scope, row.id));
    if (!last) return summary;
    summary.last_updated = row.last_at;
    summary.last_message = *last;
    found = store::find_message(view.scope, *last);
  }
  if (!found) {
    summary.text = "[This message cannot be read]";
    return summary;
  }
  if (!*found) return summary;
  summary.last_message = (*found)->id;
  EDGE_TRY(const Message message, view_message(view, **std::move(found)));
  summary.last_type = message.type;
  summary.last_updated = message.sort_at;
  summary.state = message.state;
  summary.text = summary_text(view.core.stock, message);
  if (message.state == MsgState::out_draft) {
    summary.prefix = view.core.stock.get(kernel::Stock::draft, "Draft");
  } else if (message.from == kSelf && !message.is_info &&
             summary.chat.type != ChatType::out_broadcast) {
    summary.prefix = view.core.stock.get(kernel::Stock::self, "Me");
  } else if (summary.chat.type == ChatType::group && !message.is_info) {
    const auto sender = load_contact_view(view, message.from);
    summary.prefix = !message.sender_name.empty() ? message.sender_name
                     : sender                     ? sender->display_name
                                                  : std::string();
  }
  return summary;
}

std::string summary_text(const kernel::StockStrings& words, const Message& message,
                         SummaryForm form) {
  std::string text = message.text;
  FileLabel label;
  if (!message.is_info) {
    const auto& file = message.awaited ? message.awaited : message.file;
    const Viewtype type = message.awaited ? message.awaited_type : message.type;
    label = file_label(words, type, file ? std::string_view(file->name) : "");
  }
  if (text.empty()) {
    text = std::move(label.name);
  } else if (!label.name.empty() && !label.is_replaced) {
    text = label.name + " – " + text;
  }
  if (!form.lines) text = one_line(text);
  if (form.characters > 0) text = cut_to(std::move(text), form.characters);
  if (form.sign && !label.sign.empty()) text = std::string(label.sign) + " " + text;
  if (form.forwarded && message.is_forwarded) text = "Forwarded: " + text;
  return text;
}

base::Result<Message> view_message(const View& view, store::MessageRow row) {
  Message message;
  message.id = row.id;
  message.chat = row.chat;
  message.from = row.from;
  message.state = row.state;
  message.type = row.type;
  message.download = row.download;
  message.text = std::move(row.text);
  message.error = std::move(row.error);
  message.sender_name = plain_name(row.sender_name, kMaxLongName);
  if (row.has_quote) {
    Quote quote{std::move(row.quote_text), std::nullopt};
    if (row.quoted) {
      EDGE_TRY(const auto quoted, store::find_message_mark(view.scope, *row.quoted));
      if (quoted) quote.message = quoted->id;
    }
    message.quote = std::move(quote);
  }
  if (row.blob_id) {
    if (auto blob = store::load_blob(view.scope, *row.blob_id)) {
      message.file = MessageFile{view.core.store.blobs().path(view.account.uuid, blob->name),
                                 plain_file_name(blob->file_name),
                                 std::move(blob->media_type),
                                 blob->size,
                                 blob->is_container,
                                 blob->width,
                                 blob->height};
    } else {
      base::log::error("the file of message {} of account {} cannot be shown: {}", row.id.value,
                       view.account.id.value, blob.error().message);
      if (message.error.empty()) message.error = "The file of this message is damaged.";
    }
  }
  if (!row.blob_id && row.download != DownloadState::done) add_awaited(view, row, message);
  if (!view.has_changes) {
    EDGE_TRY(view.has_changes, store::has_message_changes(view.scope));
  }
  if (*view.has_changes && !row.is_info && row.state != MsgState::out_draft) {
    EDGE_TRY(const auto changes, store::list_message_changes(view.scope, row.from, row.uuid,
                                                             store::ChangeKind::reaction));
    for (const store::MessageChangeRow& change : changes) {
      if (!change.text.empty()) {
        message.reactions.push_back({change.contact, split_reactions(change.text)});
      }
    }
  }
  message.system = row.system;
  if (row.system == SystemMessage::chat_e2ee) {
    message.text = view.core.stock.get(kernel::Stock::chat_is_encrypted, message.text);
  }
  message.is_info = row.is_info;
  message.is_bot = row.is_bot;
  message.is_edited = row.is_edited;
  message.is_forwarded = row.is_forwarded;
  message.has_location = row.has_location;
  message.is_pinned = row.is_pinned;
  message.encrypted = row.encrypted;
  message.info_contact = row.info_contact;
  if (!row.has_quote) message.parent = row.quoted;
  message.link = std::move(row.link);
  message.sent_at = row.sent_at;
  message.sort_at = row.sort_at;
  message.received_at = row.received_at;
  if (row.original.valid()) {
    EDGE_TRY(const auto original, store::find_message_mark(view.scope, row.original));
    if (original) message.original = original->id;
  } else {
    if (!view.has_saved) {
      EDGE_TRY(view.has_saved, store::has_saved_copies(view.scope));
    }
    if (*view.has_saved) {
      EDGE_TRY(message.saved, store::find_saved_copy(view.scope, row.id));
    }
  }
  message.timer = row.timer;
  message.expires_at = row.expires_at;
  message.uuid = base::to_hex(row.uuid);
  return message;
}

}  // namespace messaging
