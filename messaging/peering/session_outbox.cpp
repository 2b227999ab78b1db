#include "messaging/peering/session_outbox.h"

#include "crypto/random.h"
#include "messaging/model/content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/restoration.h"
#include "messaging/peering/session_link.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"
#include "store/tables/sent_avatars.h"

namespace messaging::peering {

base::Result<> queue_hello(const kernel::WriteContext& write, ContactId contact,
                           store::SessionRow& session, std::int64_t join_id) {
  EDGE_TRY(const store::ContactRow peer, store::load_contact(write.scope, contact));
  store::OutboxRow out;
  out.route_id = peer.route_id.value_or(0);
  out.contact = contact;
  out.kind = store::OutboxKind::hello;
  out.join_id = join_id;
  out.uuid = crypto::random_array<16>();
  out.created_at = write.steady();
  out.payload = encode(Content{*out.uuid, Hello{}});
  EDGE_TRY(out.envelope, seal_on(write.scope, session, out.payload));
  out.session_id = session.id;
  EDGE_CHECK(store::insert_outbox(write.scope, out));
  outbox::wake_courier(write, out.route_id);
  return {};
}

base::Result<> encrypt_again(const kernel::WriteContext& write, ContactId contact,
                             const LastReceived& last_received) {
  EDGE_CHECK(store::hold_outbox(write.scope, contact));
  EDGE_CHECK(check_restored(write, contact, last_received));
  // Read receipts may have been sent in the previous session, which the contact can no longer open.
  EDGE_TRY(const bool requeued, store::requeue_sent_receipts(write.scope, contact, kMaxReceipts));
  if (requeued) outbox::queue_receipts_soon(write, contact);
  write.signal(&kernel::Signals::manifest_due, contact, true);
  EDGE_CHECK(store::note_avatar_sent(write.scope, contact, std::nullopt));  // it may have lost it
  return outbox::release_waiting(write, contact);
}

base::Result<bool> prepare_rows(const kernel::WriteContext& write, ContactId contact,
                                std::span<store::OutboxRow> rows) {
  EDGE_TRY(auto session, store::sending_session(write.scope, contact));
  if (!session) return false;
  for (store::OutboxRow& row : rows) {
    row.session_id = session->id;
    // Parts of a file are sealed when they are sent.
    if (row.kind == store::OutboxKind::file) continue;
    EDGE_TRY(row.envelope, seal_on(write.scope, *session, row.payload));
  }
  return true;
}

}  // namespace messaging::peering
