// ChannelEvent: an event that an application publishes on a channel of the event stream. Not an
// event of messaging: only listeners of its channel receive it, and only on the stream.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace messaging {

// Pairs of name and value, with distinct names.
using Properties = std::vector<std::pair<std::string, std::string>>;

struct ChannelEvent {
  static constexpr std::string_view kName = "ChannelEvent";
  static constexpr std::string_view kDoc = "An application's own event on a channel.";
  static constexpr std::uint16_t kKind = 200;

  std::string channel;
  std::string data;         // a text, or JSON on one line
  bool json = false;        // which of the two
  std::string type;         // "": none
  std::string own_id;       // the publisher's; "": none
  std::uint32_t retry = 0;  // milliseconds; 0: not set
  Properties where;         // only to listeners who claim all of these
  bool fill = false;        // {{NAME}} in data stands for the listener's property

  static constexpr auto fields() { return std::tuple<>(); }
  friend bool operator==(const ChannelEvent&, const ChannelEvent&) = default;
};

base::Bytes encode_channel_event(const ChannelEvent& event);
base::Result<ChannelEvent> decode_channel_event(base::ByteView bytes);

}  // namespace messaging
