// Pending receipts (table pending_receipt): receipts still to be sent to a contact for its
// messages. A receipt of reading is kept after it was sent, since nobody acknowledges a receipt:
// with a new session it is sent again. A receipt of arrival is not: its sender asks for it by a
// retry.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

enum class ReceiptKind : std::uint8_t { arrived = 1, read = 2 };

struct PendingReceipt {
  base::ContactId contact;
  ReceiptKind kind = ReceiptKind::arrived;
  std::array<std::uint8_t, 16> uuid{};
  base::UnixMillis at = 0;
};

base::Result<> add_pending_receipt(const Scope& scope,
                                   const PendingReceipt& receipt);  // twice is once
base::Result<std::vector<PendingReceipt>> pending_receipts(const Scope& scope,
                                                           base::ContactId contact,
                                                           std::size_t limit);
base::Result<> settle_receipt(const Scope& scope, const PendingReceipt& receipt,
                              base::UnixMillis now);
// The `most` that were sent last become pending again; false: none was.
base::Result<bool> requeue_sent_receipts(const Scope& scope, base::ContactId contact,
                                         std::size_t most);
base::Result<> forget_sent_receipts(const Scope& scope, base::UnixMillis before);
base::Result<std::vector<base::ContactId>> contacts_with_pending_receipts(const Scope& scope);

}  // namespace store
