#include "messaging/chats/abilities.h"

#include <fmt/format.h>

#include "messaging/kernel/protocol.h"
#include "messaging/model/types.h"

namespace messaging::chats {

base::Result<> check_able(const kernel::WriteContext& write, const store::ChatRow& chat,
                          const Errand& errand) {
  const kernel::Protocol& protocol = write.protocol();
  const kernel::Abilities able = protocol.abilities();
  const auto no = [&](const std::string& what) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("cannot send to chat {}: {} cannot carry {}", chat.id.value,
                                  protocol.name(), what));
  };
  if (chat.type != ChatType::single && !able.groups) return no("messages of groups");
  if (errand.protected_file && !able.protected_files) return no("protected files");
  if (errand.file_size > able.largest_file) {
    return no(
        fmt::format("a file of {} bytes; the most is {}", errand.file_size, able.largest_file));
  }
  return {};
}

bool sends_read_receipts(const kernel::WriteContext& write) {
  return write.protocol().abilities().read_receipts;
}

}  // namespace messaging::chats
