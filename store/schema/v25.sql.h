// Schema 25: names of what was sent and of what is pending, in the words of the rest of the program.
#pragma once

namespace store::schema {

inline constexpr const char* kV25 = R"sql(
ALTER TABLE chat_member RENAME COLUMN told TO sent_state;
ALTER TABLE chat_member RENAME COLUMN told_at TO sent_at;
ALTER TABLE chat_member RENAME COLUMN image_told TO sent_image;
ALTER TABLE contact RENAME COLUMN heard_seq TO last_seq;
ALTER TABLE contact RENAME COLUMN heard_shift TO last_shift;
ALTER TABLE contact RENAME COLUMN heard_session TO last_session;
ALTER TABLE contact RENAME COLUMN heard_uuid TO last_uuid;
ALTER TABLE contact RENAME COLUMN told_profile TO sent_profile;
ALTER TABLE contact RENAME COLUMN told_avatar TO sent_avatar;
ALTER TABLE contact RENAME COLUMN told_avatar_at TO sent_avatar_at;
ALTER TABLE device_manifest RENAME COLUMN told TO sent_hash;
DROP INDEX owed_receipt_due;
DROP INDEX owed_receipt_told;
ALTER TABLE owed_receipt RENAME TO pending_receipt;
ALTER TABLE pending_receipt RENAME COLUMN told_at TO sent_at;
CREATE INDEX pending_receipt_due ON pending_receipt(account_id, contact_id) WHERE sent_at = 0;
CREATE INDEX pending_receipt_sent ON pending_receipt(account_id, sent_at) WHERE sent_at > 0;
ALTER TABLE owed_state RENAME TO pending_state;
)sql";

}  // namespace store::schema
