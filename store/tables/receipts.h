// Read receipts: who marked which of our messages seen, and when.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

struct ReceiptRow {
  base::ContactId contact;
  base::UnixMillis read_at = 0;
};

// True when it is the first of this contact for this message; a later one changes nothing.
base::Result<bool> insert_receipt(const Scope& scope, base::MsgId message, base::ContactId contact,
                                  base::UnixMillis read_at);
// Earliest first.
base::Result<std::vector<ReceiptRow>> list_receipts(const Scope& scope, base::MsgId message);

}  // namespace store
