// Schema 11: parked envelopes are found by their tag and counted by whom they came from; skipped
// keys have an age; members of groups are owed states.
#pragma once

namespace store::schema {

inline constexpr const char* kV11 = R"sql(
-- tag: as inside the envelope, where it is looked at again; NULL: parked by an earlier version and
-- not opened since. source: the contact; negative: the handshake whose token it came with; 0 unknown.
ALTER TABLE parked_envelope ADD COLUMN tag BLOB;
ALTER TABLE parked_envelope ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
CREATE INDEX parked_envelope_by_tag ON parked_envelope(account_id, tag);
CREATE INDEX parked_envelope_by_source ON parked_envelope(account_id, source);

-- When it was skipped over, in steady time; 0: by an earlier version, and counted from when this
-- one looks at it first.
ALTER TABLE skipped_key ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX skipped_key_by_age ON skipped_key(account_id, at);

-- Members who are to be sent a group's state; image: with the picture.
CREATE TABLE owed_state(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  chat_id INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  image INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(account_id, chat_id, contact_id)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace store::schema
