// Schema 22: profile pictures by mail, mails that stay on a server until they are asked for.
#pragma once

namespace store::schema {

inline constexpr const char* kV22 = R"sql(
-- When told_avatar was sent, in Unix milliseconds; by mail it is sent again after a while.
ALTER TABLE contact ADD COLUMN told_avatar_at INTEGER;

-- Mails with the files of messages, left on a server. uuid: of the mail, which is the message's.
-- size: bytes of the mail. wanted: it is to be downloaded. at: steady time.
CREATE TABLE mail_left(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  uuid BLOB NOT NULL,
  transport INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  size INTEGER NOT NULL,
  wanted INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, uuid, transport, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_left_by_age ON mail_left(account_id, at);
CREATE INDEX mail_left_wanted ON mail_left(account_id) WHERE wanted = 1;

-- The file of a message that is here without it. sealed: name, size, kind.
CREATE TABLE mail_notice(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  uuid BLOB NOT NULL,
  contact_id INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, uuid, contact_id)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
