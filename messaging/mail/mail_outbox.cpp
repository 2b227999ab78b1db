#include "messaging/mail/mail_outbox.h"

#include <utility>

#include "crypto/random.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/outbox.h"
#include "store/tables/routes.h"

namespace messaging::mail {
namespace {

// Fills in the row's kind, uuid, time and payload.
template <class Step>
base::Result<> queue_step(const kernel::WriteContext& write, Step step, store::OutboxRow row) {
  step.uuid = as_v4(crypto::random_array<16>());
  row.kind = store::OutboxKind::mail;
  row.uuid = step.uuid;
  row.created_at = write.steady();
  row.payload = encode(step);
  EDGE_CHECK(store::insert_outbox(write.scope, row));
  outbox::wake_courier(write, row.route_id);
  return {};
}

}  // namespace

base::Result<> queue_join_step(const kernel::WriteContext& write, JoinStep step,
                               std::optional<base::ContactId> contact, std::int64_t join_id) {
  EDGE_TRY(const auto route, store::find_mail_route(write.scope));
  if (!route) return base::fail(base::Errc::internal, "a mail account without a route");
  store::OutboxRow row;
  row.route_id = *route;
  row.contact = contact;
  row.join_id = join_id;
  return queue_step(write, std::move(step), std::move(row));
}

base::Result<> queue_sync_step(const kernel::WriteContext& write, std::string json) {
  EDGE_TRY(const auto route, store::find_mail_route(write.scope));
  if (!route) return {};
  SyncStep step;
  step.json = std::move(json);
  store::OutboxRow row;
  row.route_id = *route;
  return queue_step(write, std::move(step), std::move(row));
}

}  // namespace messaging::mail
