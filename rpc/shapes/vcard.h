// The contact in a vCard.
#pragma once

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "messaging/model/vcard.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct VcardContact {
  static constexpr std::string_view kSchema = "VcardContact";
  std::string addr;
  std::string color;
  std::string display_name;
  std::optional<std::string> key;
  std::optional<std::string> profile_image;
  std::optional<std::int64_t> timestamp;
  static constexpr auto fields() {
    using V = VcardContact;
    return std::tuple(base::field("addr", &V::addr, ""), base::field("color", &V::color, "#rrggbb"),
                      base::field("displayName", &V::display_name, ""),
                      base::field("key", &V::key, ""),
                      base::field("profileImage", &V::profile_image, ""),
                      base::field("timestamp", &V::timestamp, "Unix seconds"));
  }
};

// The colour is the contact's that the card would become.
inline VcardContact to_shape(messaging::Vcard card) {
  VcardContact shape;
  shape.color = color_of(card.identity ? crypto::hex_encode_upper(base::ByteView(*card.identity))
                                       : card.addr);
  shape.display_name = card.shown_name();
  shape.addr = std::move(card.addr);
  shape.key = unless_empty(std::move(card.key));
  shape.profile_image = unless_empty(std::move(card.image));
  shape.timestamp = card.revised;
  return shape;
}

}  // namespace rpc::shape
