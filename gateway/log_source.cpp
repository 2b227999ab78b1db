#include "gateway/log_source.h"

#include "messaging/engine.h"
#include "rpc/event_json.h"

namespace gateway {

std::vector<EventFrame> frames_of(std::span<const messaging::Event> events) {
  std::vector<EventFrame> out;
  out.reserve(events.size());
  for (const messaging::Event& event : events) {
    out.push_back({event.id, event.account, rpc::chat_of(event),
                   std::string(rpc::event_type(event)), rpc::event_json(event)});
  }
  return out;
}

base::Result<std::vector<EventFrame>> LogSource::read_after(base::EventId after,
                                                            std::size_t limit) {
  EDGE_TRY(const auto events, engine_.events_after(after, limit));
  return frames_of(events);
}

// The engine names the id before the oldest one held.
base::Result<base::EventId> LogSource::oldest() {
  EDGE_TRY(const auto before, engine_.oldest_event());
  return base::EventId(before.value + 1);
}

base::Result<base::EventId> LogSource::newest() { return engine_.newest_event(); }

}  // namespace gateway
