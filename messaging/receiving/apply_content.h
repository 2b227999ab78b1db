// What the contents of messages do, whichever way they came. Runs in the writer's transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/contacts.h"
#include "store/tables/transfers.h"

namespace messaging {

// On which session something came, and whether it was encrypted after all else that came on it.
struct Turn {
  std::int64_t session = 0;
  bool in_turn = false;
};

// Who sent a content, and how it came.
struct Sender {
  const store::ContactRow& contact;  // not blocked
  Turn turn;
  std::size_t notes = 0;  // of its receipts, so many were taken before
};

// `file` is the one that the content brings with it; `whole` the content's own encoding, kept where
// it has to wait. True: it was seen, and a repetition is to be acknowledged only.
base::Result<bool> apply_content(const WriteContext& write, const Sender& sender,
                                 const Content& content,
                                 const std::optional<store::TransferRow>& file,
                                 base::ByteView whole);

}  // namespace messaging
