// StreamOptions: what one subscriber of /events asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "gateway/hub/event_frame.h"

namespace gateway {

// Empty lists let everything pass. Accounts and chats are those of messaging events; events of the
// daemon as a whole (account 0) pass every account.
struct EventFilter {
  std::vector<std::string> types = {};
  std::vector<base::AccountId> accounts = {};
  std::vector<base::ChatId> chats = {};    // of any account that passes
  std::vector<std::string> channels = {};  // empty: messaging events alone
  bool messages = true;                    // messaging events too, with channels
  bool passes_all() const {
    return types.empty() && accounts.empty() && chats.empty() && channels.empty();
  }
};

// Where to resume: absent, an id, or something that is no id of any store.
struct ResumePoint {
  bool given = false;
  std::optional<base::EventId> after;  // nothing although given: answered with lag
};

struct StreamOptions {
  EventFilter filter = {};
  Properties properties = {};
  bool named = false;                       // `event: <type>` before each messaging event
  bool snapshot = false;                    // accounts' states first
  std::optional<std::uint32_t> retry = {};  // milliseconds
  ResumePoint resume = {};
};

// Strict: an unknown name or a value that does not parse is refused by name (a 400).
base::Result<StreamOptions> parse_stream_options(
    const std::vector<std::pair<std::string, std::string>>& query,
    std::optional<std::string_view> last_event_id_header);

}  // namespace gateway
