// How chats and contacts are named on a command line: by numbers and addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/cli/commands.h"

namespace gateway::cli {

std::optional<std::uint32_t> number_in(const std::string& text);  // 1 and more

// The contact's id. The text of Errc::not_found says how to add a contact.
base::Result<Json> contact_of(const Context& context, const std::string& address);
// The same of a contact's number or address.
base::Result<Json> contact_named(const Context& context, const std::string& contact);
// For a contact's address: the chat with it, created if there is none.
base::Result<std::uint32_t> chat_of(const Context& context, const std::string& to);

}  // namespace gateway::cli
