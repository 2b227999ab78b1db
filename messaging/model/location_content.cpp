#include "messaging/model/location_content.h"

#include <bit>
#include <cmath>

namespace messaging {
namespace {

void write_double(base::WireWriter& out, double number) {
  out.u64(std::bit_cast<std::uint64_t>(number));
}

double read_double(base::WireReader& in) { return std::bit_cast<double>(in.u64()); }

}  // namespace

bool is_valid(const Place& place) {
  return std::abs(place.latitude) <= 90 && std::abs(place.longitude) <= 180 &&
         place.accuracy >= 0 && std::isfinite(place.accuracy);
}

void write_fields(base::WireWriter& out, const Locations& locations) {
  out.boolean(locations.group.has_value());
  if (locations.group) out.fixed(*locations.group);
  out.boolean(locations.begins).u16(static_cast<std::uint16_t>(locations.places.size()));
  for (const PlaceNote& note : locations.places) {
    out.i64(note.at);
    write_double(out, note.place.latitude);
    write_double(out, note.place.longitude);
    write_double(out, note.place.accuracy);
    out.boolean(note.message.has_value());
    if (note.message) out.fixed(*note.message);
  }
}

void read_fields(base::WireReader& in, Locations& locations) {
  if (in.boolean()) locations.group = in.array<16>();
  locations.begins = in.boolean();
  const std::uint16_t count = in.u16();
  if (count > kMostPlaces) in.refuse();
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    PlaceNote note;
    note.at = in.i64();
    note.place.latitude = read_double(in);
    note.place.longitude = read_double(in);
    note.place.accuracy = read_double(in);
    if (in.boolean()) note.message = in.array<16>();
    if (!is_valid(note.place)) in.refuse();
    locations.places.push_back(note);
  }
}

}  // namespace messaging
