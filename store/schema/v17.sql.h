// Schema 17: webxdc apps.
#pragma once

namespace store::schema {

inline constexpr const char* kV17 = R"sql(
-- What apps said to each other, by the author and uuid of the app's message, so that an update may
-- come before it (`waits` 1). serial: in the order of arrival here.
CREATE TABLE webxdc_update(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  author_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  serial INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  waits INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, author_id, uuid, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX webxdc_update_waits ON webxdc_update(account_id, contact_id, sent_at) WHERE waits = 1;

-- What an app says of itself, by the latest update that said so. last_serial: given to an update.
CREATE TABLE webxdc_app(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  author_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  last_serial INTEGER NOT NULL,
  document_at INTEGER NOT NULL,
  summary_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, author_id, uuid)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
