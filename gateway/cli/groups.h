// Groups and channels: made, listed, changed and left.
#pragma once

#include <string>
#include <vector>

#include "gateway/cli/commands.h"

namespace gateway::cli {

struct GroupRequest {
  std::string what;  // list, make, add, remove, leave, rename, members
  std::uint32_t chat = 0;
  std::string name;
  std::vector<std::string> contacts;  // their numbers or addresses
  bool channel = false;               // make: we send, others read
};

base::Result<> groups(const Context& context, const GroupRequest& request);

}  // namespace gateway::cli
