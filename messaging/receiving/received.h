// Received: a content that arrived, as the functions that apply one get it. On the stack of a
// write.
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

// On which link something came, and whether it was encrypted after all else that came on it.
struct Turn {
  std::int64_t link = 0;
  bool in_turn = false;
};

// Who sent a content, and how it came.
struct Sender {
  const store::ContactRow& contact;
  Turn turn = {};
  bool encrypted = true;  // end to end
  // The contact proved to be there. Until then, and from a blocked contact, apply_some() alone is
  // called, which applies nothing of theirs.
  bool proven = true;
  std::size_t taken = 0;  // how much of the content earlier writes applied (apply_some)
};

struct Received {
  const kernel::WriteContext& write;
  const Sender& sender;
  const Uuid& uuid;
  const std::optional<store::TransferRow>& file;  // that the content brought with it
  base::ByteView whole;                           // its encoding, kept where it has to wait
};

}  // namespace messaging::receiving
