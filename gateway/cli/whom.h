// What people call chats and contacts by on a command line: their numbers and addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/cli/commands.h"

namespace gateway::cli {

std::optional<std::uint32_t> number_in(const std::string& text);  // 1 and more

// The contact's id. Errc::not_found says how there comes to be one.
base::Result<Json> contact_of(const Context& context, const std::string& address);
// The same of a contact's number or address.
base::Result<Json> contact_named(const Context& context, const std::string& contact);
// Of a contact's address the chat with it, made when it is not there.
base::Result<std::uint32_t> chat_of(const Context& context, const std::string& to);

}  // namespace gateway::cli
