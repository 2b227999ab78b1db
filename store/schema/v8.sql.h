// Schema 8: the wall time that windows of protected files go by is kept with the steady time.
#pragma once

namespace store::schema {

inline constexpr const char* kV8 = R"sql(
-- trusted: the wall clock when it was believed last; 0 not known.
ALTER TABLE steady_time ADD COLUMN trusted INTEGER NOT NULL DEFAULT 0;
UPDATE steady_time SET trusted = coalesce((SELECT wall FROM trusted_time), 0);
DROP TABLE trusted_time;
)sql";

}  // namespace store::schema
