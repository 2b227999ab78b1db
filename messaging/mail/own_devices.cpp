#include "messaging/mail/own_devices.h"

#include "messaging/mail/mail_protocol.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/routes.h"

namespace messaging::mail {

base::Result<bool> copies_go_to_devices(const kernel::WriteContext& write) {
  EDGE_TRY(const auto copies, store::find_config_value(write.scope, "bcc_self"));
  if (copies != "1") return false;
  EDGE_TRY(store::ContactRow self, store::load_contact(write.scope, kSelf));
  if (self.route_id) return true;
  EDGE_TRY(self.route_id, store::find_mail_route(write.scope));
  EDGE_CHECK(store::update_contact(write.scope, self));
  return self.route_id.has_value();
}

base::Result<> expect_device(const kernel::WriteContext& write) {
  EDGE_TRY(const auto copies, store::find_config_value(write.scope, "bcc_self"));
  if (copies == "1") return {};
  EDGE_CHECK(store::set_config_value(write.scope, "bcc_self", "1"));
  write.tx.on_commit([protocol = &mail_protocol(write.core), id = write.account.id] {
    protocol->lines_changed(id);
  });
  return {};
}

}  // namespace messaging::mail
