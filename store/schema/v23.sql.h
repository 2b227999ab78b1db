// Schema 23: where taken mails lie on their servers.
#pragma once

namespace store::schema {

inline constexpr const char* kV23 = R"sql(
-- Mails that were taken and left on the server. transport: of the login. at: steady time, when it
-- was taken.
CREATE TABLE mail_place(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  transport INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  at INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, transport, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_place_by_age ON mail_place(account_id, at);
)sql";

}  // namespace store::schema
