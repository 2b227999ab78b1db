#include "store/tables/device_labels.h"

namespace store {

base::Result<bool> has_device_label(const Scope& scope, std::string_view label) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM device_label WHERE account_id = ? AND label_hash = ?",
                            scope.account, scope.lookup("device label", base::as_bytes(label))));
  return found.has_value();
}

base::Result<> insert_device_label(const Scope& scope, std::string_view label) {
  EDGE_CHECK(scope.db.run("INSERT OR IGNORE INTO device_label(account_id, label_hash) VALUES(?, ?)",
                          scope.account, scope.lookup("device label", base::as_bytes(label))));
  return {};
}

}  // namespace store
