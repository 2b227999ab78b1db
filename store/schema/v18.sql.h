// Schema 18: accounts that come from a backup or from another gateway.
#pragma once

namespace store::schema {

inline constexpr const char* kV18 = R"sql(
-- sealed under the store's own key: uuid and key of an account whose key is not derived from it.
CREATE TABLE account_key(
  account_id INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
) STRICT;

-- An import that is under way, under the store's own key: uuid of what comes, and the rows that the
-- account had before.
CREATE TABLE account_import(
  account_id INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
) STRICT;

-- Contacts with whom sessions are to be begun, because the account was restored. due: not before
-- this steady time.
CREATE TABLE pending_session(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  due INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, contact_id)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
