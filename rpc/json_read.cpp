#include "rpc/json_read.h"

namespace rpc::detail {

using base::Errc;
using base::Error;
using base::fail;

Error unexpected(std::string_view expected, JsonValue got) {
  // For an integer out of range, names the number and not its type.
  if (expected.starts_with("an integer") && got.what() == "an integer") {
    return fail(Errc::invalid_argument, fmt::format(": expected {}, got {}", expected, got.dump()));
  }
  // The same for a name that is not in the list.
  constexpr std::size_t kLongestName = 64;
  const std::string* const name = got.as_string();
  if (expected.starts_with("one of") && name != nullptr && name->size() <= kLongestName) {
    return fail(Errc::invalid_argument, fmt::format(": expected {}, got {}", expected, got.dump()));
  }
  return fail(Errc::invalid_argument, fmt::format(": expected {}, got {}", expected, got.what()));
}

Error missing(std::string_view expected) {
  return fail(Errc::invalid_argument, fmt::format(": missing, expected {}", expected));
}

Error below(std::string_view step, Error error) {
  // A path continues with "." or "["; the message itself starts with ":".
  const bool at_end = error.message.starts_with(':') || error.message.starts_with('[');
  error.message = fmt::format("{}{}{}", step, at_end ? "" : ".", error.message);
  return error;
}

Error below_item(std::size_t index, Error error) {
  const bool at_end = error.message.starts_with(':') || error.message.starts_with('[');
  error.message = fmt::format("[{}]{}{}", index, at_end ? "" : ".", error.message);
  return error;
}

std::string quoted_list(const std::string_view* names, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) list += ", ";
    list += fmt::format("\"{}\"", names[i]);
  }
  return list;
}

void keep_ignored(std::vector<std::string>& ignored, const std::string& name) {
  if (ignored.size() < 8) ignored.push_back(name.substr(0, 64));
}

}  // namespace rpc::detail
