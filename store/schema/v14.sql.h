// Schema 14: messages that vanish by their chat's timer, and messages saved from other chats.
#pragma once

namespace store::schema {

inline constexpr const char* kV14 = R"sql(
-- timer: seconds after which new messages vanish; 0 never. timer_number: of values of one chat the
-- one with the highest number counts.
ALTER TABLE chat ADD COLUMN timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN timer_number INTEGER NOT NULL DEFAULT 0;

-- timer: the message's own. expires_at: in steady time; 0: it does not run. original_id: the
-- message that this one is a saved copy of.
ALTER TABLE message ADD COLUMN timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN original_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_expires ON message(expires_at) WHERE expires_at > 0;
CREATE INDEX message_timed ON message(account_id, chat_id) WHERE timer > 0 AND expires_at = 0;
CREATE INDEX message_saved ON message(account_id, original_id) WHERE original_id > 0;
)sql";

}  // namespace store::schema
