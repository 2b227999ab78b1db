// Schema 19: mail accounts.
#pragma once

namespace store::schema {

inline constexpr const char* kV19 = R"sql(
-- A login to a mail server. is_primary: the one whose address the account writes from. The cursor
-- (uid_validity, next_uid) says how far its INBOX was read.
CREATE TABLE mail_login(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  is_primary INTEGER NOT NULL DEFAULT 0,
  added_at INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL DEFAULT 0,
  next_uid INTEGER NOT NULL DEFAULT 0,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, id)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
