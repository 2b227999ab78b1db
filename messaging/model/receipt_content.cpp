#include "messaging/model/receipt_content.h"

namespace messaging {

void write_fields(base::WireWriter& out, const Receipts& receipts) {
  out.u16(static_cast<std::uint16_t>(receipts.notes.size()));
  for (const ReceiptNote& note : receipts.notes) {
    out.u8(static_cast<std::uint8_t>(note.kind)).fixed(note.message.uuid).i64(note.at);
  }
}

void read_fields(base::WireReader& in, Receipts& receipts) {
  const std::size_t count = in.u16();
  if (count > kMaxReceipts) in.refuse();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    ReceiptNote note;
    note.kind = static_cast<store::ReceiptKind>(in.u8());
    note.message = {in.array<16>(), true};
    note.at = in.i64();
    receipts.notes.push_back(note);
  }
}

}  // namespace messaging
