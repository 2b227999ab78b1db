#include "rpc/shapes/common.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace rpc::shape {
namespace {

// FNV-1a: stable across machines and versions, and no secret depends on it.
std::uint64_t hash_of(std::string_view seed) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : seed) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash ^ (hash >> 32);
}

// One channel of a colour of full hue at saturation 0.6 and lightness 0.4.
unsigned channel(double hue, double offset) {
  constexpr double kLightness = 0.4;
  constexpr double kAmplitude = 0.6 * kLightness;
  const double k = std::fmod(offset + hue / 30.0, 12.0);
  const double value = kLightness - kAmplitude * std::max(-1.0, std::min({k - 3.0, 9.0 - k, 1.0}));
  return static_cast<unsigned>(std::lround(value * 255.0));
}

}  // namespace

std::string color_of(std::string_view seed) {
  const double hue = static_cast<double>(hash_of(seed) % 360);
  return fmt::format("#{:02x}{:02x}{:02x}", channel(hue, 0), channel(hue, 8), channel(hue, 4));
}

}  // namespace rpc::shape
