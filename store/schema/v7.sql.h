// Schema 7: protected files in groups.
#pragma once

namespace store::schema {

inline constexpr const char* kV7 = R"sql(
-- The group (chat_group.uuid) as whose member the holder was given access, which ends with the
-- membership. NULL for access that was given to the contact alone.
ALTER TABLE file_access ADD COLUMN group_id BLOB;
CREATE INDEX file_access_by_group ON file_access(account_id, group_id, contact_id)
  WHERE group_id IS NOT NULL;
)sql";

}  // namespace store::schema
