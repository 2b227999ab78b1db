// Parameters and results of publish_event and POST /publish.
#pragma once

#include <map>

#include "messaging/model/channel_event.h"
#include "rpc/access.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

// "the scope publish:alarms" when the caller has not got it.
inline std::optional<std::string> lacking_channel(const Access& access, std::string_view channel) {
  if (access.may_publish(channel)) return std::nullopt;
  return "the scope publish:" + std::string(channel.substr(0, 128));
}

struct PublishEvent {
  std::string channel;
  AnyJson data;
  std::optional<std::string> type;
  std::optional<std::string> id;
  std::optional<std::uint32_t> retry;
  std::optional<std::map<std::string, std::string>> where;
  std::optional<bool> fill;
  std::optional<std::string> lacking(const Access& access) const {
    return lacking_channel(access, channel);
  }
  static constexpr auto fields() {
    using P = PublishEvent;
    return std::tuple(
        base::field("channel", &P::channel,
                    "1 to 128 bytes; \"default\" is the default of POST /publish"),
        base::field("data", &P::data,
                    "any JSON, which goes out as it was written, on one line, or a text, which may "
                    "have several; at most 1 MiB"),
        base::field("type", &P::type,
                    "the `event:` of the stream; not one of the gateway's own or EventSource's"),
        base::field("id", &P::id,
                    "an id of your own, in printable ASCII; the stream has it as <number>/<id>"),
        base::field("retry", &P::retry, "milliseconds a listener waits before it reconnects"),
        base::field("where", &P::where,
                    "only to listeners who connected with all of these as prop.NAME=VALUE; "
                    "addressing, not access control"),
        base::field("fill", &P::fill,
                    "true: {{NAME}} in data stands for the listener's own prop.NAME"));
  }
};

struct Published {
  static constexpr std::string_view kSchema = "Published";
  base::EventId id;
  std::uint64_t subscribers = 0;
  static constexpr auto fields() {
    return std::tuple(
        base::field("id", &Published::id, "the event's number in the log"),
        base::field("subscribers", &Published::subscribers, "how many listen to it now"));
  }
};

messaging::ChannelEvent to_channel_event(PublishEvent event);

}  // namespace rpc::shape
