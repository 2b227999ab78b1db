// What receipts do: the outbox lets go of what the recipient has, and messages become read. Runs in
// the writer's transaction.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"

namespace messaging {

// Those behind the first `taken`; none when there are fewer.
std::span<const ReceiptNote> notes_after(const Receipts& receipts, std::size_t taken);

base::Result<> take_receipts(const WriteContext& write, ContactId contact,
                             std::span<const ReceiptNote> notes);

}  // namespace messaging
