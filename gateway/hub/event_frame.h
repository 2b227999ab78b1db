// EventFrame: one event as the hub takes it: what filters look at, and the JSON that goes out.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace gateway {

struct EventFrame {
  base::EventId id;
  base::AccountId account;  // 0: of the daemon as a whole
  base::ChatId chat;        // 0: of no chat
  std::string type;         // IncomingMsg
  std::string json;         // {"type":"IncomingMsg",...} on one line
};

// The durable event log as the hub reads it, on workers, several at once. Ids grow; they may skip.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Events with an id greater than `after`, oldest first, at most `limit`. Its cost is what it
  // returns, whatever the length of the log.
  virtual base::Result<std::vector<EventFrame>> read_after(base::EventId after,
                                                           std::size_t limit) = 0;
  // The oldest id still held, and the newest ever given out. With an empty log oldest is newest
  // + 1.
  virtual base::Result<base::EventId> oldest() = 0;
  virtual base::Result<base::EventId> newest() = 0;
};

}  // namespace gateway
