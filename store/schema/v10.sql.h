// Schema 10: one holder may have been given access to a file in several chats at the owner.
#pragma once

namespace store::schema {

inline constexpr const char* kV10 = R"sql(
-- group_id: the group (chat_group.uuid) as whose member the owner gave the holder access, which
-- ends with the membership; x'' for what was given to the contact alone, and in rows about others'
-- files. Of a holder's rows the one with the highest rev is what it was told.
CREATE TABLE file_access_next(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  file_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  group_id BLOB NOT NULL DEFAULT x'',
  via_id INTEGER NOT NULL DEFAULT 0,
  chat_id INTEGER NOT NULL,
  msg_id INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL,
  flags INTEGER NOT NULL DEFAULT 0,
  rev INTEGER NOT NULL DEFAULT 0,
  asked INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY(account_id, file_id, contact_id, group_id)
) STRICT;
INSERT INTO file_access_next(account_id, file_id, contact_id, group_id, via_id, chat_id, msg_id,
  state, flags, rev, asked, expires_at, changed_at)
  SELECT account_id, file_id, contact_id,
    CASE WHEN contact_id = 1 THEN x'' ELSE coalesce(group_id, x'') END, via_id, chat_id, msg_id,
    state, flags, rev, asked, expires_at, changed_at FROM file_access ORDER BY rowid;
DROP TABLE file_access;
ALTER TABLE file_access_next RENAME TO file_access;
CREATE INDEX file_access_by_msg ON file_access(account_id, msg_id) WHERE msg_id <> 0;
CREATE INDEX file_access_due ON file_access(expires_at) WHERE state = 1 AND expires_at > 0;
CREATE INDEX file_access_by_group ON file_access(account_id, group_id, contact_id)
  WHERE group_id <> x'';
)sql";

}  // namespace store::schema
