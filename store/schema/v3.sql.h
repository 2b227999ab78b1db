// Schema 3: time that does not jump (messaging/kernel/steady_time.h), and what each contact was
// last told of our profile (messaging/peering/profile.h), as a keyed hash.
#pragma once

namespace store::schema {

inline constexpr const char* kV3 = R"sql(
CREATE TABLE steady_time(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  steady INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  doubtful_off INTEGER NOT NULL,
  suspect INTEGER NOT NULL
) STRICT;

ALTER TABLE contact ADD COLUMN told_profile BLOB;
)sql";

}  // namespace store::schema
