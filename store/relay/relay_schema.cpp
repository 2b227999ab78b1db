#include "store/relay/relay_schema.h"

#include <array>

namespace store {
namespace {

constexpr std::string_view kV1 = R"sql(
-- Who may open mailboxes: a name for the operator, and the hash of a token.
CREATE TABLE admission(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  token_hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

-- admission_id 0: opened while the relay was open to everybody.
CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  owner BLOB NOT NULL,
  admission_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  envelopes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mailbox_by_admission ON mailbox(admission_id);
CREATE INDEX mailbox_by_age ON mailbox(seen_at);

-- One per contact or invite, under a pseudonym that its keys share.
CREATE TABLE depositor(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  pseudonym BLOB NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  envelopes INTEGER NOT NULL DEFAULT 0,
  UNIQUE(mailbox_id, pseudonym)
) STRICT;

-- The id tells the older key of a depositor from the newer one.
CREATE TABLE deposit_key(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  depositor_id INTEGER NOT NULL REFERENCES depositor(id) ON DELETE CASCADE,
  key_id BLOB NOT NULL,
  purpose INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  UNIQUE(mailbox_id, key_id)
) STRICT;
CREATE INDEX deposit_key_by_depositor ON deposit_key(depositor_id, id);

-- In the order in which they were taken; ids are never reused, so that an acknowledgement that comes
-- twice removes nothing else.
CREATE TABLE envelope(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  depositor_id INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX envelope_by_mailbox ON envelope(mailbox_id, id);
CREATE INDEX envelope_by_age ON envelope(at);

CREATE TABLE total(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  bytes INTEGER NOT NULL,
  envelopes INTEGER NOT NULL
) STRICT;
INSERT INTO total(id, bytes, envelopes) VALUES(1, 0, 0);
)sql";

constexpr std::string_view kV2 = R"sql(
-- opener: a keyed hash of the address that a mailbox was opened from without an admission; x'' for
-- others, and where the address says nothing. keys: its deposit keys.
ALTER TABLE mailbox ADD COLUMN opener BLOB NOT NULL DEFAULT x'';
ALTER TABLE mailbox ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET keys = (SELECT count(*) FROM deposit_key WHERE mailbox_id = mailbox.id);
CREATE INDEX mailbox_by_opener ON mailbox(opener) WHERE opener <> x'';
CREATE INDEX mailbox_unused ON mailbox(seen_at) WHERE keys = 0 AND envelopes = 0;
ALTER TABLE total ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;
UPDATE total SET keys = (SELECT count(*) FROM deposit_key);
)sql";

}  // namespace

std::span<const Migration> relay_migrations() {
  static constexpr std::array<Migration, 2> kSteps{
      Migration{1, "admissions, mailboxes, deposit keys, envelopes", kV1},
      Migration{2, "who opened a mailbox, and its keys counted", kV2}};
  return kSteps;
}

}  // namespace store
