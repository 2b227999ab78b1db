// Calls: what belongs to a message of view type call besides its text. A row lives as long as its
// message (store/tables/messages.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/message_enums.h"
#include "store/tables/scope.h"

namespace store {

struct CallRow {
  base::MsgId message;
  CallState state = CallState::rings;
  bool video = false;               // when it was placed
  base::UnixMillis ring_until = 0;  // on the trusted wall clock
  base::UnixMillis accepted_at = 0;
  base::UnixMillis ended_at = 0;
  // Sealed:
  std::string offer;   // what the caller passed
  std::string answer;  // what the callee passed
};

// Inserts it or writes all its columns.
base::Result<> put_call(const Scope& scope, const CallRow& row);
base::Result<std::optional<CallRow>> find_call(const Scope& scope, base::MsgId message);
// The messages of calls that ring no longer but do not say so yet, the oldest first.
base::Result<std::vector<base::MsgId>> calls_rung_out(const Scope& scope, base::UnixMillis now,
                                                      std::size_t limit);
// When the next one of any account rings out.
base::Result<std::optional<base::UnixMillis>> next_rung_out_call(Connection& db);
base::Result<> delete_call(const Scope& scope, base::MsgId message);

}  // namespace store
