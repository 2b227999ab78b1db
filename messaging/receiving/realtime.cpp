// Data of contacts' running apps for ours (kind 43). Only its arrival is written.
#include <cstdlib>

#include "messaging/chats/message_refs.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/model/realtime_content.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

// A relay may have kept it for some time. The limit compares the clocks of both sides, so it is
// generous.
constexpr base::Millis kTooOld = 60'000;

}  // namespace

base::Result<bool> apply(const Received& received, const RealtimeNote& note) {
  const kernel::WriteContext& write = received.write;
  const ContactId sender = received.sender.contact.id;
  if (note.sent_at < write.tx.now() - kTooOld) return true;
  EDGE_TRY(const auto app, chats::find_referred(write.scope, note.app, sender));
  if (!app || app->type != Viewtype::webxdc) return true;
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, app->chat));
  EDGE_TRY(const bool may, chats::may_change(write.scope, chat, sender));
  if (!may || chat.blocked != store::ChatBlocked::no) return true;
  write.signal(&kernel::Signals::realtime_arrived, sender, app->id, note.kind, note.data);
  return true;
}

}  // namespace messaging::receiving
