// A message's row between its columns and MessageRow. For store/tables/messages*.cpp only.
#pragma once

#include "store/tables/messages.h"

namespace store::detail {

// The columns in the order in which read_message() expects them.
#define MESSAGE_COLUMNS                                                                     \
  "SELECT id, chat_id, from_id, uuid, state, type, system, flags, position, seq, sent_at, " \
  "sort_at, received_at, blob_id, sealed, intact, timer, expires_at, original_id "          \
  "FROM checked_message "

base::Result<MessageRow> read_message(const Scope& scope, const Row& columns);
// The text alone: for search.
base::Result<std::string> read_message_text(const Scope& scope, std::int64_t id,
                                            base::ByteView sealed);
std::int64_t message_flags(const MessageRow& row);
bool is_info_flag(std::int64_t flags);
bool is_pinned_flag(std::int64_t flags);
base::Bytes seal_message(const Scope& scope, const MessageRow& row);

}  // namespace store::detail
