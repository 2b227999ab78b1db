// Schema 1. What is sealed is a BLOB named `sealed` (or ends in _sealed); every other column is
// what docs/threat-model.md lists as readable: ids, times, states, sizes, random names, keyed
// hashes.
#pragma once

namespace store::schema {

inline constexpr const char* kV1 = R"sql(
CREATE TABLE account(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid BLOB NOT NULL UNIQUE,
  mailbox TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  io_on INTEGER NOT NULL DEFAULT 1,
  position INTEGER NOT NULL DEFAULT 0,
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE selection(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE
) STRICT;

CREATE TABLE config(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  key_hash BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, key_hash)
) STRICT, WITHOUT ROWID;

-- Where a peer's mailbox is reached: URLs, mailbox and deposit token, sealed.
CREATE TABLE route(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;

CREATE TABLE contact(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  key_hash BLOB,
  addr_hash BLOB,
  route_id INTEGER,
  state INTEGER NOT NULL,
  blocked INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT 0,
  bot INTEGER NOT NULL DEFAULT 0,
  last_seen INTEGER NOT NULL DEFAULT 0,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX contact_by_key ON contact(account_id, key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX contact_by_addr ON contact(account_id, addr_hash) WHERE addr_hash IS NOT NULL;

CREATE TABLE chat(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  type INTEGER NOT NULL,
  contact_id INTEGER,
  blocked INTEGER NOT NULL DEFAULT 0,
  visibility INTEGER NOT NULL DEFAULT 0,
  muted_until INTEGER NOT NULL DEFAULT 0,
  encrypted INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  send_seq INTEGER NOT NULL DEFAULT 0,
  draft_id INTEGER,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX chat_by_contact ON chat(account_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE blob(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX blob_by_name ON blob(account_id, name);

-- position and seq give the order in a chat: position is the place of arrival, moved before what
-- the same sender sent later; seq breaks ties (decision 18).
CREATE TABLE message(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  from_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  state INTEGER NOT NULL,
  type INTEGER NOT NULL,
  system INTEGER NOT NULL DEFAULT 0,
  flags INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL DEFAULT 0,
  sent_at INTEGER NOT NULL,
  sort_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL DEFAULT 0,
  blob_id INTEGER,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE INDEX message_in_chat ON message(account_id, chat_id, position, seq, id);
CREATE UNIQUE INDEX message_by_uuid ON message(account_id, from_id, uuid);
CREATE INDEX message_fresh ON message(account_id, chat_id) WHERE state = 10;

-- Message uuids that were deleted here: a late repetition must not bring them back.
CREATE TABLE tombstone(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  from_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(account_id, from_id, uuid)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  msg_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  read_at INTEGER NOT NULL,
  PRIMARY KEY(account_id, msg_id, contact_id)
) STRICT, WITHOUT ROWID;

-- What we still have to tell a contact: 1 the message arrived, 2 it was read.
CREATE TABLE owed_receipt(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(account_id, contact_id, kind, uuid)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  chat_id INTEGER,
  number_hash BLOB NOT NULL,
  withdrawn INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX invite_by_number ON invite(account_id, number_hash);

-- Tokens by which others may deposit into our mailboxes. purpose: 1 an invite (handshake messages
-- only), 2 a contact.
CREATE TABLE deposit_token(
  key_id BLOB PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  purpose INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deposit_token_by_owner ON deposit_token(account_id, purpose, owner_id);

-- Joins under way. role 1: we join (sealed holds our handshake state); 2: somebody joins us (sealed
-- holds the joiner's card and our answer, so that a repeated message 1 gets the same message 2).
CREATE TABLE pending_join(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  role INTEGER NOT NULL,
  tag BLOB,
  digest BLOB,
  contact_id INTEGER,
  invite_id INTEGER,
  session_id INTEGER,
  route_id INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX pending_join_by_tag ON pending_join(account_id, tag) WHERE tag IS NOT NULL;
CREATE UNIQUE INDEX pending_join_by_digest ON pending_join(account_id, digest)
  WHERE digest IS NOT NULL;

-- Double Ratchet sessions. state 0: the joiner has not proved itself yet; 1: live; 2: superseded,
-- still opens what comes but nothing is sent on it.
CREATE TABLE session(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  contact_id INTEGER,
  tag BLOB NOT NULL,
  handshake_hash BLOB NOT NULL,
  state INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX session_by_tag ON session(account_id, tag);
CREATE INDEX session_by_contact ON session(account_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE skipped_key(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  session_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  n INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX skipped_key_by_place ON skipped_key(account_id, session_id, epoch, n);

-- What is to be sent, in order per route. kind: 1 and 2 handshake messages, 3 a message, 4 receipts,
-- 5 a file's parts. state 0: waits for a session; 1: ready; 2: deposited, waits for the
-- recipient's own acknowledgement.
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  route_id INTEGER NOT NULL,
  contact_id INTEGER,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  msg_id INTEGER,
  join_id INTEGER,
  uuid BLOB,
  blob_id INTEGER,
  transfer BLOB,
  next_part INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  deposited_at INTEGER NOT NULL DEFAULT 0,
  payload_sealed BLOB,
  envelope BLOB
) STRICT;
CREATE INDEX outbox_by_route ON outbox(account_id, route_id, state, id);
CREATE INDEX outbox_by_contact ON outbox(account_id, contact_id, state);
CREATE INDEX outbox_by_uuid ON outbox(account_id, uuid) WHERE uuid IS NOT NULL;
CREATE INDEX outbox_by_msg ON outbox(account_id, msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX outbox_by_join ON outbox(account_id, join_id) WHERE join_id != 0;
CREATE INDEX outbox_by_age ON outbox(state, deposited_at, created_at);

-- Envelopes we have had. Those that carried a message name it, so that a repetition is
-- acknowledged again.
CREATE TABLE seen_envelope(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  contact_id INTEGER,
  uuid BLOB,
  PRIMARY KEY(account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_envelope_by_age ON seen_envelope(at);

-- Envelopes whose tag no session knows yet (decision 12).
CREATE TABLE parked_envelope(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  envelope BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX parked_envelope_by_id ON parked_envelope(account_id, id);

-- Files on their way in: parts that are on disk.
CREATE TABLE transfer(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id BLOB NOT NULL,
  session_id INTEGER NOT NULL,
  size INTEGER NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE transfer_part(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  transfer BLOB NOT NULL,
  part INTEGER NOT NULL,
  PRIMARY KEY(account_id, transfer, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_label(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  label_hash BLOB NOT NULL,
  PRIMARY KEY(account_id, label_hash)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
