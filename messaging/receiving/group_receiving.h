// Receives contents for groups. Runs in the writer's transaction.
//
// A content whose sender is not known as a member is held, and applied again when the group's state
// changes (held_contents.h). It is acknowledged only when it is applied.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/contacts.h"

namespace messaging::receiving {

inline constexpr base::Millis kHeldLifetime = 7 * 24 * 3600 * base::Millis{1000};

// Holds a content whose sender may be a member in a state that has not arrived yet.
base::Result<> hold_content(const kernel::WriteContext& write, const GroupId& group,
                            ContactId contact, base::ByteView content);
// True: the state introduces more unknown members than this contact's budget allows now; a
// retransmission may be applied later. `besides`: an extra charge, in strangers.
base::Result<bool> brings_too_many(const kernel::WriteContext& write, ContactId contact,
                                   const GroupState& state, double besides = 0);
// Applies some of the contents that are held for a group, with ids above `after` and up to `until`.
// Returns the last id that was processed.
base::Result<std::int64_t> judge_held(const kernel::WriteContext& write, const GroupId& group,
                                      std::int64_t after, std::int64_t until);

}  // namespace messaging::receiving
