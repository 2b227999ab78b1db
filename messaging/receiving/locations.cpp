// Where contacts were (kind 41).
#include "store/tables/locations.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/model/location_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/located.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

// The places' chat; nothing when it is not here, or the sender is not in it.
base::Result<std::optional<store::ChatRow>> chat_of(const kernel::WriteContext& write,
                                                    ContactId sender,
                                                    const std::optional<GroupId>& group) {
  if (!group) return store::find_chat_by_contact(write.scope, sender);
  EDGE_TRY(const auto row, store::find_group_by_uuid(write.scope, *group));
  if (!row) return std::optional<store::ChatRow>();
  EDGE_TRY(const auto member, store::find_member(write.scope, row->chat, sender));
  if (!member || !member->present) return std::optional<store::ChatRow>();
  return store::find_chat(write.scope, row->chat);
}

base::Result<> mark_located(const kernel::WriteContext& write, ContactId from, const Uuid& uuid) {
  EDGE_TRY(auto message, store::find_message_by_uuid(write.scope, from, uuid));
  if (!message) return {};  // not here yet: insert_incoming() marks it
  message->has_location = true;
  EDGE_CHECK(store::update_message(write.scope, *message));
  return chats::emit_changed(write.tx, write.account.id, message->chat, message->id);
}

base::Result<bool> take_place(const kernel::WriteContext& write, const store::ChatRow& chat,
                              ContactId from, const PlaceNote& note) {
  if (note.message) {
    EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, from, *note.message));
    if (deleted) return false;
  }
  store::LocationRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "location"));
  row.chat = chat.id;
  row.contact = from;
  row.at = note.at > 0 ? std::min(note.at, write.tx.now()) : write.tx.now();
  row.message = note.message;
  row.latitude = note.place.latitude;
  row.longitude = note.place.longitude;
  row.accuracy = note.place.accuracy;
  EDGE_TRY(const bool inserted, store::insert_location(write.scope, row));
  if (inserted && note.message) EDGE_CHECK(mark_located(write, from, *note.message));
  return inserted;
}

base::Result<> add_begin_line(const kernel::WriteContext& write, const store::ChatRow& chat,
                              const store::ContactRow& from) {
  store::MessageRow row;
  row.chat = chat.id;
  row.from = from.id;
  row.uuid = store::random_uuid();
  row.state = MsgState::in_fresh;
  row.type = Viewtype::text;
  row.system = SystemMessage::location_streaming;
  row.is_info = true;
  row.encrypted = true;
  row.text =
      write.core.stock.fill(kernel::Stock::location_sent_by, "Location streaming enabled by %1$s.",
                            {chats::shown_name(from)});
  row.received_at = write.tx.now();
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  if (chat.blocked == store::ChatBlocked::yes) return {};
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  EDGE_CHECK(write.emit(IncomingMsg{row.chat, row.id}));
  return write.emit(ChatlistChanged{});
}

}  // namespace

base::Result<> take_places(const kernel::WriteContext& write, const store::ChatRow& chat,
                           ContactId from, const std::vector<PlaceNote>& places) {
  bool changed = false;
  for (const PlaceNote& note : places) {
    EDGE_TRY(const bool taken, take_place(write, chat, from, note));
    changed = changed || taken;
  }
  return changed ? write.emit(LocationChanged{from}) : base::Result<>{};
}

base::Result<bool> apply(const Received& received, const Locations& locations) {
  const kernel::WriteContext& write = received.write;
  const store::ContactRow& contact = received.sender.contact;
  EDGE_CHECK(outbox::acknowledge(write, contact.id, received.uuid));
  EDGE_TRY(const auto chat, chat_of(write, contact.id, locations.group));
  if (!chat) return true;
  if (locations.begins) EDGE_CHECK(add_begin_line(write, *chat, contact));
  EDGE_CHECK(take_places(write, *chat, contact.id, locations.places));
  return true;
}

}  // namespace messaging::receiving
