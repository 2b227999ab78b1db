// Receipts (kind 3): the arrival and reading of messages that the recipient of this content sent.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/message_ref.h"
#include "store/tables/pending_receipts.h"

namespace messaging {

struct ReceiptNote {
  store::ReceiptKind kind{};  // other numbers belong to a later version and are ignored
  MessageRef message;         // the recipient's: its uuid alone is on the wire
  base::UnixMillis at = 0;
};
struct Receipts {
  std::vector<ReceiptNote> notes;  // at most kMaxReceipts
};
inline constexpr std::size_t kMaxReceipts = 1000;

void write_fields(base::WireWriter& out, const Receipts& receipts);
void read_fields(base::WireReader& in, Receipts& receipts);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const Receipts& receipts);
base::Result<Portion> apply_some(const Received& received, const Receipts& receipts);
}  // namespace messaging::receiving
