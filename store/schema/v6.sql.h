// Schema 6: protected files. What is sealed is a BLOB named `sealed`; the file id in `uuid` is
// random and stands readable in the container itself.
#pragma once

namespace store::schema {

inline constexpr const char* kV6 = R"sql(
-- source_id 1: we own it; else the contact it came from, who may not be its owner.
CREATE TABLE protected_file(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  source_id INTEGER NOT NULL,
  chat_id INTEGER NOT NULL,
  grant_msg_id INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, id)
) STRICT;
CREATE UNIQUE INDEX protected_file_by_uuid ON protected_file(account_id, uuid, source_id);

-- The grant's share of a file's key. A row is deleted when the access ends.
CREATE TABLE file_share(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  file_id INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY(account_id, file_id)
) STRICT;

-- Who may open a file. contact_id 1 is our own access to somebody's file; via_id is the contact who
-- forwarded the file, 0 for who has it from its owner.
CREATE TABLE file_access(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  file_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  via_id INTEGER NOT NULL DEFAULT 0,
  chat_id INTEGER NOT NULL,
  msg_id INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL,
  flags INTEGER NOT NULL DEFAULT 0,
  rev INTEGER NOT NULL DEFAULT 0,
  asked INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY(account_id, file_id, contact_id)
) STRICT;
CREATE INDEX file_access_by_msg ON file_access(account_id, msg_id) WHERE msg_id <> 0;
CREATE INDEX file_access_due ON file_access(expires_at) WHERE state = 1 AND expires_at > 0;

-- The wall time that was last trusted, so that a clock moved while the daemon was off is noticed.
CREATE TABLE trusted_time(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  wall INTEGER NOT NULL
) STRICT;
)sql";

}  // namespace store::schema
