// JSON in mails: the few objects that Delta Chat writes into headers and attachments. Objects are
// read one level at a time; values stay the text that they are.
//
// Hostile input: depth is bounded, and a text that is not JSON gives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace messaging::mail {

inline constexpr int kMaxJsonDepth = 64;

// In quotation marks, ASCII only and without blanks, so that a header line is never folded in it.
std::string json_header_string(std::string_view text);
// In quotation marks.
std::string json_string(std::string_view text);

using JsonFields = std::vector<std::pair<std::string, std::string_view>>;
// The fields of an object, values as their text. nullopt: it is none, or has more than `most`.
std::optional<JsonFields> json_object(std::string_view json, std::size_t most = 1000);
std::optional<std::vector<std::string_view>> json_array(std::string_view json,
                                                        std::size_t most = 10'000);
// "" of anything else than a string.
std::string json_text(std::string_view value);
std::optional<std::uint64_t> json_number(std::string_view value);  // whole, without a sign
// The value of a field; "" of a missing one.
std::string_view json_field(const JsonFields& fields, std::string_view name);

}  // namespace messaging::mail
