// Schema 9: the number that both sides know a session by, read receipts that may have to be told
// again, and groups that were deleted here.
#pragma once

namespace store::schema {

inline constexpr const char* kV9 = R"sql(
-- Of a contact's sessions those with the highest generation are used.
ALTER TABLE session ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- When it was told, in steady time; 0: not yet. Told ones are kept for a new session.
ALTER TABLE owed_receipt ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX owed_receipt_due ON owed_receipt(account_id, contact_id) WHERE told_at = 0;
CREATE INDEX owed_receipt_told ON owed_receipt(account_id, told_at) WHERE told_at > 0;

-- Groups whose chat was deleted here, with the number of our own entry in the state.
CREATE TABLE gone_group(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  uuid BLOB NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY(account_id, uuid)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
