// Owed receipts: what we still have to tell a contact about its messages.
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
base::Result<> settle_receipt(const Scope& scope, const OwedReceipt& receipt);
base::Result<std::vector<base::ContactId>> contacts_owed_receipts(const Scope& scope);

}  // namespace store
