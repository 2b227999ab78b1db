// Profiles of contacts (kind 4): names, status and addresses.
#include "messaging/kernel/protocol.h"
#include "messaging/model/card.h"
#include "messaging/model/events.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"

namespace messaging::receiving {
namespace {

base::Result<> take_profile(const kernel::WriteContext& write, store::ContactRow contact,
                            const Profile& profile) {
  std::string name = plain_name(profile.name);
  const bool renamed = contact.auth_name != name;
  contact.auth_name = std::move(name);
  contact.status = profile.status;
  contact.bot = profile.bot;
  EDGE_CHECK(store::update_contact(write.scope, contact));
  EDGE_CHECK(write.protocol().take_profile(write, contact, profile));
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (!renamed) return {};
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact.id));
  if (!chat) return {};
  EDGE_CHECK(write.emit(ChatModified{chat->id}));
  return write.emit(ChatlistChanged{});
}

}  // namespace

base::Result<bool> apply(const Received& received, const Profile& profile) {
  const Sender& sender = received.sender;
  // A profile out of order is older than the known one.
  if (sender.turn.in_turn) EDGE_CHECK(take_profile(received.write, sender.contact, profile));
  EDGE_CHECK(outbox::acknowledge(received.write, sender.contact.id, received.uuid));
  return true;
}

}  // namespace messaging::receiving
