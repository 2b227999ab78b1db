// Schema 13: contacts' keys and accounts' ways in have tables of their own, each of a protocol
// (`kind`: 1 the gateways' own), and so has a route its protocol. What SQL cannot read is moved
// between the two scripts (v13_rows.h). Device commands asked for in chats have tables too.
#pragma once

namespace store::schema {

inline constexpr const char* kV13 = R"sql(
-- fingerprint_hash: keyed, of what finds the contact; sealed: fingerprint and key.
CREATE TABLE contact_key(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  fingerprint_hash BLOB NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, contact_id, kind)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_key_by_fingerprint ON contact_key(account_id, kind, fingerprint_hash);

-- sealed: the address, and of kind 1 the name of the mailbox.
CREATE TABLE account_way_in(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, id)
) STRICT, WITHOUT ROWID;

-- What was done to a message after it was sent, by its author's contact and uuid, so that a change
-- may come before its message (`waits` 1). kind: 1 reactions of contact_id, 2 its author's edit.
-- number: of the changes of one contact the highest counts.
CREATE TABLE message_change(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  author_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  contact_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  number INTEGER NOT NULL,
  waits INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, author_id, uuid, contact_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_change_waits ON message_change(account_id, contact_id, number) WHERE waits = 1;

-- The seal of an earlier route says all of it, so each is taken as it is.
ALTER TABLE route ADD COLUMN kind INTEGER NOT NULL DEFAULT 1;
ALTER TABLE route ADD COLUMN mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
UPDATE route SET mac = x'01';

-- told: a keyed hash of the manifest that the contact was sent last. sealed: what the contact sent.
CREATE TABLE device_manifest(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  told BLOB,
  sealed BLOB,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, contact_id)
) STRICT, WITHOUT ROWID;

-- mark: a keyed hash of the name that the contact gave the request.
CREATE TABLE device_request(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  msg_id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  mark BLOB,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, msg_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_request_by_state ON device_request(account_id, state);
CREATE INDEX device_request_by_contact ON device_request(account_id, contact_id, mark);
)sql";

// account.mailbox is unique, so that it cannot be dropped from the table as it is.
inline constexpr const char* kV13End = R"sql(
DROP INDEX contact_by_key;
ALTER TABLE contact DROP COLUMN key_hash;

CREATE TABLE account_next(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  io_on INTEGER NOT NULL DEFAULT 1,
  position INTEGER NOT NULL DEFAULT 0,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000'
) STRICT;
INSERT INTO account_next(id, uuid, created_at, io_on, position, sealed, mac)
  SELECT id, uuid, created_at, io_on, position, sealed, mac FROM account ORDER BY id;
DROP TABLE account;
ALTER TABLE account_next RENAME TO account;
)sql";

}  // namespace store::schema
