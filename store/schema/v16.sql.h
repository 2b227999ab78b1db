// Schema 16: locations.
#pragma once

namespace store::schema {

inline constexpr const char* kV16 = R"sql(
-- Where a contact (1 ourselves) was. uuid: of its message that says so; null: it was sent while
-- locations were sent to the chat.
CREATE TABLE location(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  uuid BLOB,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX location_of_contact ON location(account_id, chat_id, contact_id, id);
CREATE UNIQUE INDEX location_of_message ON location(account_id, contact_id, uuid)
  WHERE uuid IS NOT NULL;

-- A chat that our locations are sent to. sent_id: the last one that was; next_at: when the later
-- ones are, 0 without such. Times are of the trusted wall clock.
CREATE TABLE location_stream(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  chat_id INTEGER NOT NULL,
  until INTEGER NOT NULL,
  sent_id INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, chat_id)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
