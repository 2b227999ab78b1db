// How privitty-edge shows what the daemon answers. Names and texts come from strangers: control
// characters, which could command the terminal, are shown as escapes.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gateway::cli {

// Safe for a terminal. `one_line` also escapes line breaks.
std::string plain(std::string_view text, bool one_line = true);

// How many columns of a terminal the text takes, where every character takes one.
std::size_t width_of(std::string_view text);
// The first line's worth of a text, cut between characters.
std::string shortened(std::string text);

// "2026-11-21 09:05:12" in local time.
std::string local_time(std::int64_t unix_seconds);
// "delivered" for 26; "state 99" for an unknown one.
std::string state_name(std::int64_t state);

std::string contact_line(const nlohmann::json& contact);
std::string chat_line(const nlohmann::json& item);
std::string message_lines(const nlohmann::json& message);
// One line for an event's data; the data itself when it is no JSON object.
std::string event_line(std::string_view data);

}  // namespace gateway::cli
