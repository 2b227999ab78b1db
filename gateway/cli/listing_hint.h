// What a person does about a number that the daemon does not know.
#pragma once

#include <cstdint>
#include <string>

namespace gateway::cli {

// "privitty-edge chats lists them", by what the daemon's message says is not there; "" for every
// other message. `account`: whose chats, contacts and messages.
std::string listing_hint(const std::string& message, std::uint32_t account);

}  // namespace gateway::cli
