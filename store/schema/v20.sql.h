// Schema 20: accounts that are reached by mail.
#pragma once

namespace store::schema {

inline constexpr const char* kV20 = R"sql(
-- sealed: the account's own OpenPGP key.
CREATE TABLE mail_key(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id)
) STRICT, WITHOUT ROWID;

-- sealed: the Message-ID of which a message's uuid is a hash. The others are made of their uuid.
CREATE TABLE mail_message_id(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  uuid BLOB NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, uuid)
) STRICT, WITHOUT ROWID;

-- Mails that were taken. id_hash: keyed, of the Message-ID. at: steady time.
CREATE TABLE mail_taken(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  id_hash BLOB NOT NULL,
  at INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, id_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_taken_by_age ON mail_taken(account_id, at);

-- Messages of which one of two mails is here. uuid: of the mail with the file. has_file: that one
-- is here. transport, uid_validity, uid: where it lies on a server, 0 unknown. at: steady time.
CREATE TABLE mail_half(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  contact_id INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  has_file INTEGER NOT NULL,
  transport INTEGER NOT NULL DEFAULT 0,
  uid_validity INTEGER NOT NULL DEFAULT 0,
  uid INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, contact_id, uuid)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
