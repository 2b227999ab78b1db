// EventFrame: one event as the hub takes it: what filters look at, and the text that goes out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/event_page.h"

namespace gateway {

struct EventFilter;  // filter.h

// The properties that a subscriber claims, and those that an event requires of its receivers.
using Properties = std::vector<std::pair<std::string, std::string>>;

// What an application's own event has besides.
struct ChannelPart {
  std::string channel;
  std::string own_id;       // "": none
  std::uint32_t retry = 0;  // milliseconds; 0: says nothing
  Properties where = {};
  bool fill = false;  // {{NAME}} in the data stands for the subscriber's property
  bool json = false;  // the data is JSON: what is filled in is escaped for it
};

struct EventFrame {
  base::EventId id;         // 0: goes out without an id
  base::AccountId account;  // 0: of the daemon as a whole
  base::ChatId chat;        // 0: of no chat
  std::string type;         // IncomingMsg; of a channel's event "" when it has none
  std::string data;         // {"type":"IncomingMsg",...} on one line, or what was published
  std::shared_ptr<const ChannelPart> channel = nullptr;  // nothing: a messaging event
  bool last = false;  // streams that end (StreamManner) end with it
};

using FramePage = store::EventPage<EventFrame>;

// The first frames of a new subscriber: accounts' states, channels' initial data, without ids.
struct StreamOpening {
  base::EventId position;  // accounts' states reflect everything up to here
  bool snapshot = false;   // and there are some
  std::vector<EventFrame> frames;
};

// An opening being read, from one snapshot, little by little. One worker at a time.
class OpeningSteps {
 public:
  virtual ~OpeningSteps() = default;
  // Continues reading for about a millisecond; true when everything is read.
  virtual base::Result<bool> step() = 0;
  virtual StreamOpening take() = 0;  // once all is read
};

// The durable event log as the hub reads it, on workers, several at once. Ids grow; they may skip.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Events with an id greater than `after` that the filter may want, oldest first, at most `limit`
  // and about `bytes`. Its cost is what it returns, whatever the length of the log.
  virtual base::Result<FramePage> read_after(base::EventId after, std::size_t limit,
                                             std::size_t bytes, const EventFilter& filter) = 0;
  // Takes the snapshot that the opening is read from.
  virtual base::Result<std::unique_ptr<OpeningSteps>> open(const EventFilter& filter,
                                                           bool snapshot) = 0;
  virtual base::Result<base::EventId> newest() = 0;
};

}  // namespace gateway
