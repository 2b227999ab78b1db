// Kml: where somebody was, as Delta Chat attaches it to mails (location.kml and message.kml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messaging/model/location_content.h"

namespace messaging::mail {

inline constexpr std::size_t kMaxKml = 1024 * 1024;  // bytes
inline constexpr std::size_t kMaxKmlPlaces = 1000;

// `addr`: the sender's address; "" for the place of one message.
std::string write_kml(const std::vector<PlaceNote>& places, std::string_view addr);
// What is malformed or out of bounds is left out.
std::vector<PlaceNote> read_kml(std::string_view text);

}  // namespace messaging::mail
