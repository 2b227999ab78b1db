#include "gateway/http/request_id.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "crypto/random.h"

namespace gateway {

RequestIds::RequestIds() : start_(base::to_hex(crypto::random_array<3>())) {}

std::string RequestIds::choose(std::string_view callers) {
  constexpr std::size_t kMost = 64;
  const bool fits = !callers.empty() && callers.size() <= kMost &&
                    std::all_of(callers.begin(), callers.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
                    });
  if (fits) return std::string(callers);
  return fmt::format("{}-{:x}", start_, next_++);
}

}  // namespace gateway
