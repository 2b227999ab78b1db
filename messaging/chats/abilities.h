// The one place that checks what an account's protocol can do (messaging/kernel/protocol.h).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"

namespace messaging::chats {

// The contents that can be sent to a chat, besides text.
struct Errand {
  std::uint64_t file_size = 0;
  bool protected_file = false;
};

// Errc::forbidden, naming the chat and why, when the account's protocol cannot do it.
base::Result<> check_able(const kernel::WriteContext& write, const store::ChatRow& chat,
                          const Errand& errand);
// Whether read receipts can be sent.
bool sends_read_receipts(const kernel::WriteContext& write);

}  // namespace messaging::chats
