#include "gateway/http/range.h"

#include <fmt/format.h>

#include <charconv>

#include "gateway/http/head.h"

namespace gateway {
namespace {

std::string_view trim_part(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A number beyond 64 bits counts as the largest: both are past the end.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

std::string ByteRange::content_range(std::uint64_t total) const {
  return fmt::format("bytes {}-{}/{}", first, last, total);
}

RangeChoice choose_range(std::optional<std::string_view> range,
                         std::optional<std::string_view> if_range, std::string_view etag,
                         std::uint64_t total) {
  // An empty file has no part; clients that request every file from its first byte on get it whole.
  if (total == 0) return {};
  if (!range || (if_range && trim_part(*if_range) != etag)) return {};
  const std::size_t equals = range->find('=');
  if (equals == std::string_view::npos ||
      !equals_ignoring_case(trim_part(range->substr(0, equals)), "bytes")) {
    return {};
  }
  const std::string_view spec = trim_part(range->substr(equals + 1));
  const std::size_t dash = spec.find('-');
  // Several ranges are answered with the whole, as RFC 9110 allows.
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const std::string_view from = trim_part(spec.substr(0, dash));
  const std::string_view to = trim_part(spec.substr(dash + 1));
  if (from.empty()) {
    const auto suffix = number(to);
    if (!suffix) return {};
    if (*suffix == 0) return {RangeVerdict::unsatisfiable, {}};
    return {RangeVerdict::part, {*suffix < total ? total - *suffix : 0, total - 1}};
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(to);
  if (!first || !last || *last < *first) return {};
  if (*first >= total) return {RangeVerdict::unsatisfiable, {}};
  return {RangeVerdict::part, {*first, *last < total ? *last : total - 1}};
}

bool etag_matches(std::string_view values, std::string_view etag, EtagComparison comparison) {
  while (!values.empty()) {
    const std::size_t comma = values.find(',');
    std::string_view tag = trim_part(values.substr(0, comma));
    if (tag == "*") return true;
    if (tag.substr(0, 2) == "W/" && comparison == EtagComparison::weak) tag.remove_prefix(2);
    if (tag == etag) return true;
    if (comma == std::string_view::npos) break;
    values.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace gateway
