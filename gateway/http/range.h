// Range requests (RFC 9110, 14): one range of bytes, If-Range, and what they mean for the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t size() const { return last - first + 1; }
  std::string content_range(std::uint64_t total) const;  // "bytes 0-9/100"
};

enum class RangeVerdict {
  whole,          // 200: no range, one we do not serve (several, another unit, malformed), If-Range
                  // differs, or nothing is in the file
  part,           // 206
  unsatisfiable,  // 416, with Content-Range: bytes */TOTAL
};

struct RangeChoice {
  RangeVerdict verdict = RangeVerdict::whole;
  ByteRange range;  // of a part
};

// `range` and `if_range` are the fields' values; `etag` the strong, quoted tag of what is served.
// An If-Range that is a date or a weak tag never matches: we send no Last-Modified.
RangeChoice choose_range(std::optional<std::string_view> range,
                         std::optional<std::string_view> if_range, std::string_view etag,
                         std::uint64_t total);

// If-None-Match: true when the client has it already (304), by weak comparison; If-Match: true when
// the file is still what the client means (else 412), by strong comparison. `values` is the field's
// value, or those of all its lines with a comma between.
enum class EtagComparison : std::uint8_t { weak, strong };
bool etag_matches(std::string_view values, std::string_view etag, EtagComparison comparison);

}  // namespace gateway
