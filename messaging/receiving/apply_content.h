// What the contents of messages do, whichever way they came: each kind's own apply(), by the table
// of content kinds (messaging/model/content_kind.h). Runs in the writer's transaction.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "messaging/receiving/received.h"
#include "store/tables/transfers.h"

namespace messaging::receiving {

// The one way in, for every protocol. `file` is the one that the content brings with it; `whole`
// the content's own encoding, kept where it has to wait. The sender is not blocked. True: it was
// seen, and a repetition is to be acknowledged only.
base::Result<bool> apply_content(const kernel::WriteContext& write, const Sender& sender,
                                 const Content& content,
                                 const std::optional<store::TransferRow>& file,
                                 base::ByteView whole);
// Before that, where the sender may be blocked or not proven: a portion, of kinds that are applied
// in several writes.
base::Result<Portion> apply_portion(const kernel::WriteContext& write, const Sender& sender,
                                    const Content& content);

}  // namespace messaging::receiving
