// One open event stream, for get_subscribers.
#pragma once

#include <map>

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct Subscriber {
  static constexpr std::string_view kSchema = "Subscriber";
  std::string address;
  std::vector<std::string> channels;
  std::uint64_t lag = 0;
  std::uint64_t position = 0;
  std::map<std::string, std::string> properties;
  std::int64_t since = 0;
  static constexpr auto fields() {
    using S = Subscriber;
    return std::tuple(
        base::field("address", &S::address, "where it connected from"),
        base::field("channels", &S::channels, "\"messages\" for messaging events"),
        base::field("lag", &S::lag, "events it has not taken yet"),
        base::field("position", &S::position, "the event id up to which it was served"),
        base::field("properties", &S::properties, "what it said of itself with prop.NAME=VALUE"),
        base::field("since", &S::since, "Unix seconds"));
  }
};

}  // namespace rpc::shape
