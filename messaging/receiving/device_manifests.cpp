// Manifests of contacts' devices (kind 30).
#include "store/tables/device_manifests.h"

#include "messaging/model/device_manifest.h"
#include "messaging/model/events.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"

namespace messaging::receiving {
namespace {

base::Result<> take_manifest(const kernel::WriteContext& write, ContactId contact,
                             const DeviceManifest& manifest) {
  base::WireWriter out;
  write_fields(out, manifest);
  EDGE_CHECK(store::put_manifest(write.scope, contact, out.view()));
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact));
  return chat ? write.emit(PrivittyDeviceCapabilitiesReceived{chat->id}) : base::Result<>{};
}

}  // namespace

base::Result<bool> apply(const Received& received, const DeviceManifest& manifest) {
  const Sender& sender = received.sender;
  // A late manifest is older than the known one.
  if (sender.turn.in_turn) EDGE_CHECK(take_manifest(received.write, sender.contact.id, manifest));
  EDGE_CHECK(outbox::acknowledge(received.write, sender.contact.id, received.uuid));
  return true;
}

}  // namespace messaging::receiving
