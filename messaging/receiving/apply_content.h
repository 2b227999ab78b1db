// Applies the contents of messages, whichever protocol they arrived by: calls each kind's apply()
// by the table of content kinds (messaging/model/content_kind.h). Runs in the writer's transaction.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "messaging/receiving/received.h"
#include "store/tables/transfers.h"

namespace messaging::receiving {

// The single entry for every protocol. `file`: the content's file; `whole`: the content's encoding,
// stored if the content has to wait. The sender is not blocked. True: the caller records the
// content as seen; a retransmission is then only acknowledged.
base::Result<bool> apply_content(const kernel::WriteContext& write, const Sender& sender,
                                 const Content& content,
                                 const std::optional<store::TransferRow>& file,
                                 base::ByteView whole);
// Called before it, even for a blocked or unproven sender: applies one portion of a kind that takes
// several writes.
base::Result<Portion> apply_portion(const kernel::WriteContext& write, const Sender& sender,
                                    const Content& content);

}  // namespace messaging::receiving
