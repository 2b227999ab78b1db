// Commands about pinned messages: pin, unpin, and the list of a chat's.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/cli/commands.h"

namespace gateway::cli {

struct PinRequest {
  std::uint32_t message = 0;
  std::string chat;  // a chat's number or a contact's address
};

base::Result<> pin(const Context& context, const PinRequest& request, bool pinned);
base::Result<> pins(const Context& context, const PinRequest& request);

}  // namespace gateway::cli
