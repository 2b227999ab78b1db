// Schema 26: the rows of each channel are found by tables of their own (channel_index.h of
// store/tables/) in the place of an index. Without one, the foreign key of channel_event would look
// through all rows whenever a channel is deleted; so the table is made anew without it.
#pragma once

namespace store::schema {

inline constexpr const char* kV26 = R"sql(
CREATE TABLE channel_index(
  channel_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY(channel_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE channel_index_new(
  channel_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY(channel_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO channel_index(channel_id, id)
  SELECT channel_id, id FROM channel_event ORDER BY channel_id, id;
DROP INDEX channel_event_by_channel;
CREATE TABLE channel_event_of_26(
  id INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
INSERT INTO channel_event_of_26(id, channel_id, at_ms, size, sealed)
  SELECT id, channel_id, at_ms, size, sealed FROM channel_event ORDER BY id;
DROP TABLE channel_event;
ALTER TABLE channel_event_of_26 RENAME TO channel_event;
)sql";

}  // namespace store::schema
