// Messages that hold a text.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/cli/commands.h"

namespace gateway::cli {

struct SearchRequest {
  std::string text;
  std::string chat;       // "": all; else a chat's number or a contact's address
  std::size_t most = 50;  // newest first
};

base::Result<> search(const Context& context, const SearchRequest& request);

}  // namespace gateway::cli
