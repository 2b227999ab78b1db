// Channels: publishes an application's own events. They are stored in the durable log, sealed, with
// quotas per channel (store/tables/channels.h), and delivered to listeners of their channel only.
//
// Safe from any thread; answers come after the commit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/completion.h"
#include "base/ids.h"
#include "messaging/model/channel_event.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

inline constexpr std::string_view kDefaultChannel = "default";
inline constexpr std::string_view kMessagesChannel = "messages";  // the messaging events
inline constexpr std::size_t kMaxChannelData = 1024 * 1024;
inline constexpr std::size_t kMaxProperties = 16;
inline constexpr std::size_t kMaxPublished = 1'000;  // events at once

// A channel's name: 1 to 128 bytes of UTF-8 without control characters, spaces and commas.
base::Result<> check_channel_name(std::string_view name);
// A property: a name of 1 to 64 letters, digits, '_', '-' and '.', a value of at most 256 bytes.
base::Result<> check_property(std::string_view name, std::string_view value);

class Channels {
 public:
  explicit Channels(kernel::Core& core) : core_(core) {}

  // All in one commit, or none; ids in the given order. The error for an invalid event names it.
  void publish(std::vector<ChannelEvent> events, base::Completion<std::vector<base::EventId>> done);
  // The data that new listeners of the event's channel receive first.
  void set_initial(ChannelEvent event, base::Completion<> done);
  void clear_initial(std::string channel, base::Completion<> done);

 private:
  kernel::Core& core_;
};

}  // namespace messaging
