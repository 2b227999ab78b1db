// Received: the argument of the functions that apply a content. On the stack of a write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/card.h"
#include "store/tables/contacts.h"
#include "store/tables/transfers.h"

namespace messaging::receiving {

// The link that a content arrived on, and whether it was encrypted after all others on that link.
struct Turn {
  std::int64_t link = 0;
  bool in_turn = false;
};

// The sender of a content, and how the content arrived.
struct Sender {
  const store::ContactRow& contact;
  Turn turn = {};
  bool encrypted = true;  // end to end
  // The contact proved its identity by a completed handshake. Before that, and for a blocked
  // contact, only apply_some() is called, which then applies nothing.
  bool proven = true;
  std::size_t taken = 0;  // how much earlier writes applied (apply_some)
};

struct Received {
  const kernel::WriteContext& write;
  const Sender& sender;
  const Uuid& uuid;
  const std::optional<store::TransferRow>& file;  // the content's own
  base::ByteView whole;                           // its encoding, stored if the content has to wait
};

}  // namespace messaging::receiving
