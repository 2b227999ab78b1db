#include "gateway/cli/listing_hint.h"

#include <string_view>

namespace gateway::cli {
namespace {

// Parts of messages as Delta Chat words them, so that its clients know them too.
struct Absent {
  std::string_view what;
  std::string_view state;
  std::string_view list;
};

constexpr Absent kAbsent[] = {
    {"Chat#", "there is no such chat", "chats lists them"},
    {"Contact#", " not found", "contacts lists them"},
    {"Msg#", " does not exist", "messages CHAT and search TEXT show their numbers"},
};

}  // namespace

std::string listing_hint(const std::string& message, std::uint32_t account) {
  const std::string program = "privitty-edge ";
  for (const Absent& row : kAbsent) {
    const std::size_t at = message.find(row.what);
    if (at == std::string::npos || message.find(row.state, at) == std::string::npos) continue;
    const std::string whose = account == 1 ? "" : "--account " + std::to_string(account) + " ";
    return program + whose + std::string(row.list);
  }
  if (message.find("account " + std::to_string(account) + " not found") != std::string::npos) {
    return program + "accounts lists them";
  }
  return "";
}

}  // namespace gateway::cli
