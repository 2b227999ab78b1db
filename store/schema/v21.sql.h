// Schema 21: profile pictures.
#pragma once

namespace store::schema {

inline constexpr const char* kV21 = R"sql(
-- avatar_blob_id: the contact's picture; of contact 1 our own. avatar_number: of its owner's
-- pictures the one with the highest number counts. told_avatar: the number of ours that the contact
-- was sent last.
ALTER TABLE contact ADD COLUMN avatar_blob_id INTEGER;
ALTER TABLE contact ADD COLUMN avatar_number INTEGER;
ALTER TABLE contact ADD COLUMN told_avatar INTEGER;
)sql";

}  // namespace store::schema
