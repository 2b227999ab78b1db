// Schema 5. Channels: an application's own events, beside the messaging events and with ids of the
// same sequence. `floor`: every event of the channel after that id is held. The indexes let a
// filtered stream read what passes and nothing else; a chat's number is for that alone, what counts
// is the one inside the seal.
#pragma once

namespace store::schema {

inline constexpr const char* kV5 = R"sql(
CREATE TABLE channel(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name_hash BLOB NOT NULL UNIQUE,
  floor INTEGER NOT NULL,
  events INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER NOT NULL,
  initial_at INTEGER,
  initial_sealed BLOB
) STRICT;

CREATE TABLE channel_event(
  id INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL REFERENCES channel(id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX channel_event_by_channel ON channel_event(channel_id, id);

ALTER TABLE event ADD COLUMN chat_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX event_by_chat ON event(chat_id, id) WHERE chat_id <> 0;
CREATE INDEX event_by_kind ON event(kind, id);
CREATE INDEX event_by_account ON event(account_id, id);
)sql";

}  // namespace store::schema
