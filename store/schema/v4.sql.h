// Schema 4: groups and channels.
#pragma once

namespace store::schema {

inline constexpr const char* kV4 = R"sql(
-- A group or channel beside its chat. uuid is its random name, the same at every member. sealed:
-- name and description; state_sealed: the whole state as members exchange it.
CREATE TABLE chat_group(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  chat_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  promoted INTEGER NOT NULL DEFAULT 0,
  self_present INTEGER NOT NULL DEFAULT 0,
  image_blob_id INTEGER,
  sealed BLOB NOT NULL,
  state_sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, chat_id)
) STRICT;
CREATE UNIQUE INDEX chat_group_by_uuid ON chat_group(account_id, uuid);

-- Members, present and former ones, as contacts. told is the digest of the state that we sent them
-- last, image_told the hash of the picture.
CREATE TABLE chat_member(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  chat_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  present INTEGER NOT NULL,
  told BLOB,
  told_at INTEGER NOT NULL DEFAULT 0,
  image_told BLOB,
  PRIMARY KEY(account_id, chat_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_member_by_contact ON chat_member(account_id, contact_id, present);

-- What came for a group from people who are no members of it as far as we know.
CREATE TABLE group_held(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  contact_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE INDEX group_held_by_uuid ON group_held(account_id, uuid, id);
)sql";

}  // namespace store::schema
