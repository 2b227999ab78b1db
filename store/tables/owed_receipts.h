// Owed receipts: what we still have to tell a contact about its messages. That we read one is kept
// after it was told, since nobody acknowledges a receipt: with a new session it is told again. That
// one arrived is not: its sender asks by sending it once more.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

enum class ReceiptKind : std::uint8_t { arrived = 1, read = 2 };

struct OwedReceipt {
  base::ContactId contact;
  ReceiptKind kind = ReceiptKind::arrived;
  std::array<std::uint8_t, 16> uuid{};
  base::UnixMillis at = 0;
};

base::Result<> owe_receipt(const Scope& scope, const OwedReceipt& receipt);  // twice is once
base::Result<std::vector<OwedReceipt>> owed_receipts(const Scope& scope, base::ContactId contact,
                                                     std::size_t limit);
base::Result<> settle_receipt(const Scope& scope, const OwedReceipt& receipt, base::UnixMillis now);
// The `most` that were told last are owed again; false: none was.
base::Result<bool> owe_told_receipts(const Scope& scope, base::ContactId contact, std::size_t most);
base::Result<> forget_told_receipts(const Scope& scope, base::UnixMillis before);
base::Result<std::vector<base::ContactId>> contacts_owed_receipts(const Scope& scope);

}  // namespace store
