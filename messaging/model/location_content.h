// Locations (kind 41): places of the sender, in a chat that it sends its locations to or with a
// message of its own. The message may arrive before or after its place.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "messaging/model/card.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/group_state.h"

namespace messaging {

inline constexpr std::size_t kMostPlaces = 100;  // in one content

struct Place {
  double latitude = 0;   // degrees, -90 to 90
  double longitude = 0;  // degrees, -180 to 180
  double accuracy = 0;   // metres, 0 unknown
};

// Finite, and within these bounds.
bool is_valid(const Place& place);

struct PlaceNote {
  base::UnixMillis at = 0;
  Place place;
  std::optional<Uuid> message = std::nullopt;  // of the sender
};

struct Locations {
  std::optional<GroupId> group = std::nullopt;  // else the chat of the two
  bool begins = false;                          // the sender sends its locations from now on
  std::vector<PlaceNote> places;
};

//   bool group [group 16] | bool begins
//   | u16 count, each: i64 at | u64 latitude | u64 longitude | u64 accuracy | bool there [uuid 16]
// Numbers are the bits of IEEE doubles.
void write_fields(base::WireWriter& out, const Locations& locations);
void read_fields(base::WireReader& in, Locations& locations);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const Locations& locations);
}  // namespace messaging::receiving
