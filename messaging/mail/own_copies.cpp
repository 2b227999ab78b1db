#include "messaging/mail/own_copies.h"

#include "messaging/chats/call_rules.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/location_lines.h"
#include "messaging/chats/message_refs.h"
#include "messaging/chats/received_row.h"
#include "messaging/chats/requests.h"
#include "messaging/mail/arrived_files.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_joining.h"
#include "messaging/mail/news_from_devices.h"
#include "messaging/mail/split_messages.h"
#include "messaging/mail/stored_names.h"
#include "messaging/receiving/apply_content.h"
#include "messaging/receiving/located.h"
#include "store/tables/calls.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/locations.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

namespace messaging::mail {
namespace {

// Mails are ordered by their dates, whenever they arrive.
constexpr receiving::Turn kOwnTurn{1, false};

// The chat of a copy, and the possible authors of the messages that it refers to.
struct CopyPlace {
  std::optional<ContactId> contact;  // of a mail between two; kSelf: a note to ourselves
  std::optional<GroupId> group;
  std::vector<ContactId> authors;
};

// The contact that the mail was for. A contact that only the other device knows becomes known here:
// its key comes with its own mails.
base::Result<std::optional<ContactId>> addressee(const kernel::WriteContext& write,
                                                 const OwnKey& own, const OpenedMail& opened) {
  std::optional<crypto::openpgp::Fingerprint> other;
  for (const auto& recipient : opened.recipients) {
    if (recipient == own.certificate.fingerprint()) continue;
    if (other) return std::optional<ContactId>();
    other = recipient;
  }
  if (!other) return std::optional(kSelf);
  EDGE_TRY(const auto known, find_by_fingerprint(write.scope, *other));
  if (known) return std::optional(known->id);
  if (opened.mail.to.size() != 1) return std::optional<ContactId>();
  const MailMember& to = opened.mail.to.front();
  EDGE_TRY(const store::ContactRow fresh,
           contact_for(write, *other, to.addr, to.name, store::ContactState::known));
  return std::optional(fresh.id);
}

base::Result<std::optional<CopyPlace>> place_of_copy(const kernel::WriteContext& write,
                                                     const OwnKey& own, const OpenedMail& opened) {
  CopyPlace place;
  place.authors.push_back(kSelf);
  if (!opened.mail.group) {
    EDGE_TRY(place.contact, addressee(write, own, opened));
    if (!place.contact) return std::optional<CopyPlace>();
    if (*place.contact != kSelf) place.authors.push_back(*place.contact);
    return std::optional(std::move(place));
  }
  place.group = group_id_of(opened.mail.group->id);
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, *place.group));
  if (!group) return std::optional<CopyPlace>();
  EDGE_TRY(const auto members, store::list_members(write.scope, group->chat));
  for (const store::MemberRow& member : members) place.authors.push_back(member.contact);
  return std::optional(std::move(place));
}

// Writing to somebody accepts its chat.
base::Result<store::ChatRow> chat_of_copy(const kernel::WriteContext& write,
                                          const CopyPlace& place) {
  if (place.contact) {
    if (*place.contact != kSelf) EDGE_CHECK(chats::show_contact(write, *place.contact));
    return chats::ensure_single_chat(write.tx, write.scope, *place.contact, store::ChatBlocked::no);
  }
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, *place.group));
  if (!group) return base::fail(base::Errc::internal, "the group of a copy is gone");
  EDGE_TRY(store::ChatRow chat, store::load_chat(write.scope, group->chat));
  if (chat.blocked == store::ChatBlocked::no) return chat;
  chat.blocked = store::ChatBlocked::no;
  EDGE_CHECK(store::update_chat(write.scope, chat));
  EDGE_CHECK(write.emit(ChatModified{chat.id}));
  return chat;
}

// Inserts a message as if it had been written and delivered here.
base::Result<> insert_copy(const kernel::WriteContext& write, const CopyPlace& place,
                           const store::ContactRow& self, const Uuid& uuid, const TextMessage& text,
                           const std::optional<store::TransferRow>& transfer) {
  EDGE_TRY(const bool here, store::has_message_uuid(write.scope, kSelf, uuid));
  EDGE_TRY(const bool gone, store::has_tombstone(write.scope, kSelf, uuid));
  if (here || gone) return {};
  EDGE_TRY(store::ChatRow chat, chat_of_copy(write, place));
  EDGE_CHECK(chats::take_timer(write, chat, self, text.timer));
  store::MessageRow row = chats::received_row(kSelf, uuid, text);
  row.chat = chat.id;
  row.state = MsgState::out_delivered;
  if (row.timer > 0) {
    row.expires_at = write.steady() + base::Millis{row.timer} * 1000;
    write.signal(&kernel::Signals::windows_changed);
  }
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  if (text.quote && text.quote->message) {
    EDGE_TRY(const auto quoted, chats::find_referred(write.scope, *text.quote->message, kSelf));
    if (quoted && quoted->chat == chat.id) row.quoted = quoted->id;
  }
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, chats::adopt_file(write, *text.file, *transfer));
  }
  EDGE_CHECK(chats::check_type(write, row));
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  return chats::emit_changed(write.tx, write.account.id, chat.id, row.id);
}

const TextMessage* text_of(const Content& content) {
  if (const auto* grouped = std::get_if<GroupText>(&content.body)) return &grouped->message;
  return std::get_if<TextMessage>(&content.body);
}

base::Result<> copy_text(const kernel::WriteContext& write, const CopyPlace& place,
                         const store::ContactRow& self, const Arrival& arrival, MailContent& one) {
  const ChatMail& mail = arrival.opened.mail;
  FileNote* const note = file_note_in(one.content);
  const auto transfer = transfer_of(arrival, one.file, note);
  EDGE_TRY(const bool here, store::has_message_uuid(write.scope, kSelf, one.content.uuid));
  EDGE_TRY(const SplitStep step, begin_split(write, kSelf, mail, one.content, transfer));
  // The copy of a message that this device wrote.
  if (step == SplitStep::joined || (step == SplitStep::half && here)) return {};
  EDGE_CHECK(insert_copy(write, place, self, one.content.uuid, *text_of(one.content), transfer));
  return step == SplitStep::half ? note_half(write, kSelf, mail, one.content.uuid)
                                 : base::Result<>{};
}

base::Result<> copy_timer(const kernel::WriteContext& write, const CopyPlace& place,
                          const store::ContactRow& self, const ChatTimer& timer) {
  EDGE_TRY(store::ChatRow chat, chat_of_copy(write, place));
  return chats::take_timer(write, chat, self, timer.value);
}

// Inserts a call as if it had been placed here.
base::Result<> copy_call(const kernel::WriteContext& write, const CopyPlace& place,
                         const Uuid& uuid, const CallOffer& offer) {
  if (!place.contact || *place.contact == kSelf) return {};
  EDGE_TRY(const bool here, store::has_message_uuid(write.scope, kSelf, uuid));
  EDGE_TRY(const bool gone, store::has_tombstone(write.scope, kSelf, uuid));
  if (here || gone) return {};
  EDGE_TRY(const store::ChatRow chat, chat_of_copy(write, place));
  EDGE_TRY(store::MessageRow row, chats::own_row(write.tx, write.scope, chat.id));
  row.uuid = uuid;
  row.type = Viewtype::call;
  row.text = chats::call_text(false, offer.video);
  row.state = MsgState::out_delivered;
  row.sent_at = offer.sent_at;
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  store::CallRow call;
  call.message = row.id;
  call.video = offer.video;
  call.ring_until = write.core.steady->wall().now + chats::rings_for(offer.sent_at, write.tx.now());
  call.offer = offer.info;
  EDGE_CHECK(store::put_call(write.scope, call));
  write.signal(&kernel::Signals::windows_changed);
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  return chats::emit_changed(write.tx, write.account.id, chat.id, row.id);
}

// Places of the other device. That device sends them itself: a stream of this device continues
// after them.
base::Result<> copy_places(const kernel::WriteContext& write, const CopyPlace& place,
                           const Locations& locations) {
  EDGE_TRY(const store::ChatRow chat, chat_of_copy(write, place));
  EDGE_TRY(auto stream, store::find_location_stream(write.scope, chat.id));
  bool pending = false;
  if (stream) {
    EDGE_TRY(const auto unsent, store::own_path_after(write.scope, chat.id, stream->sent_id, 1));
    pending = !unsent.empty();
  }
  if (locations.begins) EDGE_CHECK(chats::add_location_begin_line(write, chat));
  EDGE_CHECK(receiving::take_places(write, chat, kSelf, locations.places));
  if (!stream || pending) return {};
  EDGE_TRY(const auto newest, store::newest_of_own_path(write.scope, chat.id));
  if (!newest || newest->id <= stream->sent_id) return {};
  stream->sent_id = newest->id;
  return store::put_location_stream(write.scope, *stream);
}

base::Result<> note_seen(const kernel::WriteContext& write, const std::string& message_id) {
  EDGE_TRY(const auto message, store::find_message_of_anybody(write.scope, uuid_of(message_id)));
  if (!message) return {};
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, *message));
  if (!mark || mark->from == kSelf) return {};
  EDGE_TRY(const bool seen, store::set_message_state(write.scope, *message, MsgState::in_seen));
  if (!seen) return {};
  EDGE_CHECK(chats::start_timer(write, *message));
  return write.emit(MsgsNoticed{mark->chat});
}

bool is_of_a_message(const Content& content) {
  return std::holds_alternative<WebxdcNews>(content.body) ||
         std::holds_alternative<MessageChange>(content.body);
}

// A mail of a device of ours is applied as a content with ourselves as the sender.
base::Result<> copy_contents(const kernel::WriteContext& write, const OwnKey& own,
                             const Arrival& arrival) {
  EDGE_TRY(const auto place, place_of_copy(write, own, arrival.opened));
  if (!place) return {};
  EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
  // A message that is not here is the contact's; in a group it was ours.
  const StoredNames names(write.scope, place->contact.value_or(kSelf), place->authors);
  for (MailContent& one : to_content(arrival.opened.mail, names)) {
    if (text_of(one.content) != nullptr) {
      EDGE_CHECK(copy_text(write, *place, self, arrival, one));
    } else if (const auto* timer = std::get_if<ChatTimer>(&one.content.body)) {
      EDGE_CHECK(copy_timer(write, *place, self, *timer));
    } else if (const auto* offer = std::get_if<CallOffer>(&one.content.body)) {
      EDGE_CHECK(copy_call(write, *place, one.content.uuid, *offer));
    } else if (const auto* locations = std::get_if<Locations>(&one.content.body)) {
      EDGE_CHECK(copy_places(write, *place, *locations));
    } else if (is_of_a_message(one.content)) {
      const receiving::Sender sender{self, kOwnTurn};
      EDGE_CHECK(receiving::apply_content(write, sender, one.content, std::nullopt, {}));
    }
  }
  // Accepting or declining a call marks it as seen.
  if (std::holds_alternative<MailCall>(arrival.opened.mail.body)) {
    return note_seen(write, arrival.opened.mail.in_reply_to);
  }
  return {};
}

// Marks the messages as read that were read at the other device.
base::Result<> copy_receipts(const kernel::WriteContext& write, const MailReceipt& receipt) {
  for (const std::string& id : receipt.message_ids) EDGE_CHECK(note_seen(write, id));
  return {};
}

}  // namespace

base::Result<> take_own_copy(const kernel::WriteContext& write, const OwnKey& own,
                             const Arrival& arrival) {
  const OpenedMail& opened = arrival.opened;
  const bool in_channel = opened.mail.group && opened.mail.group->channel;
  if (opened.seal != MailSeal::key && !(in_channel && opened.seal == MailSeal::channel)) return {};
  // The copy of a mail that this device is sending.
  EDGE_TRY(const bool ours, store::has_outbox_uuid(write.scope, uuid_of(opened.mail.message_id)));
  if (ours) return {};
  if (const auto* receipt = std::get_if<MailReceipt>(&opened.mail.body)) {
    return copy_receipts(write, *receipt);
  }
  if (std::holds_alternative<MailSync>(opened.mail.body)) {
    return opened.seal == MailSeal::key ? take_device_news(write, own, arrival) : base::Result<>{};
  }
  if (opened.mail.join) EDGE_CHECK(take_own_join_step(write, opened));
  if (in_channel) {
    EDGE_TRY(const bool taken, take_own_channel_mail(write, opened, arrival.group_image));
    if (!taken) return {};
  } else if (opened.mail.group) {
    EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
    EDGE_TRY(const bool taken, take_group_mail(write, opened, self, arrival.group_image));
    if (!taken) return {};
  }
  if (opened.mail.join) return {};
  return copy_contents(write, own, arrival);
}

}  // namespace messaging::mail
