// Streams: the listeners of the event stream, as rpc needs them. The gateway implements it. Any
// thread; the answers come from any thread, which must not wait for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/channel_event.h"
#include "rpc/shapes/subscriber.h"

namespace rpc {

class Streams {
 public:
  virtual ~Streams() = default;
  // How many subscribers each of these events goes to, as of now.
  virtual void count(std::vector<messaging::ChannelEvent> events,
                     base::Completion<std::vector<std::size_t>> done) = 0;
  // Of one channel, or all.
  virtual void list(std::optional<std::string> channel,
                    base::Completion<std::vector<shape::Subscriber>> done) = 0;
};

}  // namespace rpc
