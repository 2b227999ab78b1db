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
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

// Where to resume: absent, an id, or something that is no id of any store.
struct ResumePoint {
  bool given = false;
  std::optional<base::EventId> after;  // nothing although given: answered with lag
};

// Differences of a stream from one of /events, apart from its filter.
struct StreamManner {
  bool named = false;       // `event: <type>` before each messaging event
  bool heartbeats = false;  // `event: heartbeat` in the place of the comment that is a ping
  bool rereads = false;     // what the ring drops is read from the log again; it is lag only where
                            // the log has dropped it too
  bool ends = false;        // with the first event that is the `last` of its kind
};

struct StreamOptions {
  EventFilter filter = {};
  Properties properties = {};
  StreamManner manner = {};
  std::optional<EventFrame> greeting =
      {};                 // goes out before all others, with the stream's position
  bool snapshot = false;  // accounts' states first
  std::optional<std::uint32_t> retry = {};  // milliseconds
  ResumePoint resume = {};
  // A browser's EventSource: it keeps a position only when a blank line follows (frame_text.h).
  bool keeps_id_at_blank_line = false;
  std::vector<std::string> ignored = {};  // names of unknown options, for the log; a few of them
};

// A value that does not parse is refused by name (a 400). So is an unknown name that looks like one
// of the options that narrow the stream: without that option the client would get more than it
// asked for. Other unknown names are ignored: clients add such (?_=1699999999) against caches.
base::Result<StreamOptions> parse_stream_options(
    const std::vector<std::pair<std::string, std::string>>& query,
    std::optional<std::string_view> last_event_id_header);

}  // namespace gateway
