// Schema 2: sessions that are renewed. A deposit token knows its contact; an outbox row the session
// it is encrypted in; a contact how far its own counting has come (messaging/peering/renewal.h).
#pragma once

namespace store::schema {

inline constexpr const char* kV2 = R"sql(
-- purpose, besides 1 and 2: 3 a group's introduction (owner_id: the chat), 4 a contact's that was
-- replaced. contact_id is NULL where it is not known yet; used: a deposit came with it.
ALTER TABLE deposit_token ADD COLUMN contact_id INTEGER;
ALTER TABLE deposit_token ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deposit_token_by_contact ON deposit_token(account_id, contact_id)
  WHERE contact_id IS NOT NULL;

-- Of the contact's messages in the 1:1 chat: the highest place given to one, what is added to its
-- numbers to get there, the message's uuid and the session it came on.
ALTER TABLE contact ADD COLUMN heard_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN heard_shift INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN heard_session INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN heard_uuid BLOB;

-- The session that an envelope is encrypted in. kind, besides 1 to 5: 6 a session request, 7 a
-- session answer.
ALTER TABLE outbox ADD COLUMN session_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_by_start ON outbox(account_id, created_at);

-- The handshake that a session came from.
ALTER TABLE session ADD COLUMN join_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX pending_join_by_contact ON pending_join(account_id, contact_id)
  WHERE contact_id IS NOT NULL;
)sql";

}  // namespace store::schema
