// The contact in a vCard.
#pragma once

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

}  // namespace rpc::shape
