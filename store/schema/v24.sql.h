// Schema 24: pinned messages.
#pragma once

namespace store::schema {

inline constexpr const char* kV24 = R"sql(
CREATE INDEX message_pinned ON message(account_id, chat_id) WHERE flags & 64;
)sql";

}  // namespace store::schema
