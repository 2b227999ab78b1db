// A location as get_locations shows it.
#pragma once

#include "messaging/api/locations.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct Location {
  static constexpr std::string_view kSchema = "Location";
  double accuracy = 0;
  ChatId chat_id;
  ContactId contact_id;
  bool is_independent = false;
  double latitude = 0;
  std::int64_t location_id = 0;
  double longitude = 0;
  std::optional<std::string> marker;
  MsgId msg_id;
  std::int64_t timestamp = 0;
  static constexpr auto fields() {
    using L = Location;
    return std::tuple(
        base::field("accuracy", &L::accuracy, "metres, 0 unknown"),
        base::field("chatId", &L::chat_id, "the chat that it was sent to"),
        base::field("contactId", &L::contact_id, "who was there; 1: we"),
        base::field("isIndependent", &L::is_independent, "of a message; else of a path"),
        base::field("latitude", &L::latitude, "degrees"),
        base::field("locationId", &L::location_id, "its number"),
        base::field("longitude", &L::longitude, "degrees"),
        base::field("marker", &L::marker, "the message's text, where that is one character"),
        base::field("msgId", &L::msg_id, "its message; 0: none, or not here yet"),
        base::field("timestamp", &L::timestamp, "Unix seconds"));
  }
};

Location to_shape(messaging::Location location);

}  // namespace rpc::shape
