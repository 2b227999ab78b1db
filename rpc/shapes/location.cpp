#include "rpc/shapes/location.h"

namespace rpc::shape {

Location to_shape(messaging::Location location) {
  Location shape;
  shape.accuracy = location.place.accuracy;
  shape.chat_id = location.chat;
  shape.contact_id = location.contact;
  shape.is_independent = location.of_message;
  shape.latitude = location.place.latitude;
  shape.location_id = location.id;
  shape.longitude = location.place.longitude;
  shape.marker = std::move(location.marker);
  shape.msg_id = location.message.value_or(MsgId());
  shape.timestamp = seconds(location.at);
  return shape;
}

}  // namespace rpc::shape
