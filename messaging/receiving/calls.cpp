// Calls of a contact (kind 40), and what is said of a call later (kind 5).
#include "messaging/chats/call_rules.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/requests.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/model/call_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/call_changes.h"
#include "messaging/receiving/places.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/message_changes.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

// Whether an IncomingCall reports a call in this chat: "0" everybody who is not blocked may call,
// "1" contacts (the default), "2" nobody. A call of anybody else is shown as a message only.
base::Result<bool> may_ring(const store::Scope& scope, const store::ChatRow& chat) {
  EDGE_TRY(const auto who, store::find_config_value(scope, "who_can_call_me"));
  if (who == "2" || chat.blocked == store::ChatBlocked::yes) return false;
  return who == "0" || chat.blocked == store::ChatBlocked::no;
}

}  // namespace

base::Result<bool> apply(const Received& received, const CallOffer& offer) {
  const auto& [write, sender, uuid, transfer, whole] = received;
  const store::ContactRow& contact = sender.contact;
  EDGE_CHECK(outbox::acknowledge(write, contact.id, uuid));
  write.core.steady->compare_contact(offer.sent_at);
  EDGE_TRY(const auto had, store::find_message_by_uuid(write.scope, contact.id, uuid));
  EDGE_TRY(const bool deleted, chats::was_deleted(write.scope, contact.id, uuid, write.tx.now()));
  if (had || deleted) return true;
  EDGE_TRY(const store::ChatRow chat, chats::ensure_chat_of_sender(write.tx, write.scope, contact));
  EDGE_TRY(const std::uint64_t place, place_of(write, sender, {offer.seq, uuid}));
  EDGE_TRY(const auto ended, store::find_message_change(write.scope, contact.id, uuid, contact.id,
                                                        ChangeKind::call_ended));
  const base::Millis rings = ended ? 0 : chats::rings_for(offer.sent_at, write.tx.now());
  store::MessageRow row;
  row.from = contact.id;
  row.uuid = uuid;
  row.type = Viewtype::call;
  row.encrypted = sender.encrypted;
  row.seq = static_cast<std::int64_t>(place);
  row.sent_at = offer.sent_at;
  row.text = rings > 0 ? chats::call_text(true, offer.video) : "Missed call";
  EDGE_TRY(const auto id, chats::insert_incoming(
                              write.tx, write.scope, chat, row,
                              rings > 0 ? chats::Announce::quietly : chats::Announce::as_message));
  if (!id) return true;
  store::CallRow call;
  call.message = *id;
  call.state = rings > 0 ? CallState::rings : CallState::missed;
  call.video = offer.video;
  call.ring_until = write.core.steady->wall().now + rings;
  call.offer = offer.info;
  EDGE_CHECK(store::put_call(write.scope, call));
  if (rings == 0) return true;
  write.signal(&kernel::Signals::windows_changed);
  EDGE_TRY(const bool may, may_ring(write.scope, chat));
  if (may) EDGE_CHECK(write.emit(IncomingCall{chat.id, *id, offer.info, offer.video}));
  return true;
}

base::Result<> take_call_change(const kernel::WriteContext& write, store::MessageChangeRow row,
                                std::optional<store::MessageRow> message) {
  if (!message) {
    // A caller gives up before its call is here. Nobody accepts a call of somebody else's.
    if (row.kind != ChangeKind::call_ended || row.contact != row.author) return {};
    EDGE_CHECK(store::put_message_change(write.scope, row));
    return {};
  }
  EDGE_TRY(auto call, store::find_call(write.scope, message->id));
  if (!call) return {};
  const bool by_us = row.contact == kSelf;  // at another device of ours
  if (row.kind == ChangeKind::call_ended) {
    EDGE_CHECK(chats::end_call(write, *call, *std::move(message),
                               by_us ? chats::CallEnd::by_us : chats::CallEnd::by_peer));
    return {};
  }
  // A caller cannot accept its own call.
  if ((message->from == kSelf) == by_us) return {};
  const std::string answer = row.text;
  EDGE_TRY(const bool accepted, chats::accept_call(write, *call, std::move(row.text)));
  if (!accepted) return {};
  if (by_us) {
    EDGE_CHECK(write.emit(IncomingCallAccepted{message->chat, message->id, false}));
  } else {
    EDGE_CHECK(write.emit(OutgoingCallAccepted{message->chat, message->id, answer}));
  }
  return chats::emit_changed(write.tx, write.account.id, message->chat, message->id);
}

}  // namespace messaging::receiving
