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

// Of messages, in the order of `ids`: what message_ids_to_search_results says of each that is
// there.
base::Result<Json> lines_of_messages(const Context& context, const Json& ids);
std::string message_table(const Json& lines);

base::Result<> search(const Context& context, const SearchRequest& request);

}  // namespace gateway::cli
