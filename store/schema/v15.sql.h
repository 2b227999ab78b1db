// Schema 15: calls.
#pragma once

namespace store::schema {

inline constexpr const char* kV15 = R"sql(
-- A call beside its message. state: 1 rings, 2 active, 3 completed, 4 missed, 5 declined, 6 canceled.
-- ring_until: on the trusted wall clock. sealed: what the caller and the callee passed.
CREATE TABLE call(
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  msg_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  video INTEGER NOT NULL,
  ring_until INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  mac BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',
  PRIMARY KEY(account_id, msg_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_rings ON call(ring_until) WHERE state = 1;
)sql";

}  // namespace store::schema
