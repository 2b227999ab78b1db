// What arrives for groups. Runs in the writer's transaction.
//
// A content is held when its sender is no member as far as we know, and applied again when the
// group's state changed (held_contents.h). Such a content is acknowledged only when it is taken.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/contacts.h"

namespace messaging::receiving {

inline constexpr base::Millis kHeldLifetime = 7 * 24 * 3600 * base::Millis{1000};

// Keeps a content whose sender may be a member that we have yet to hear of.
base::Result<> hold_content(const kernel::WriteContext& write, const GroupId& group,
                            ContactId contact, base::ByteView content);
// The state names more people whom we do not know than this contact may have us take in for now:
// its repetition is for later. `besides`: paid for as well, a stranger is 1.
base::Result<bool> brings_too_many(const kernel::WriteContext& write, ContactId contact,
                                   const GroupState& state, double besides = 0);
// Applies some of the contents that are held for a group, those with ids above `after` and up to
// `until`. Answers with the id up to which that is done.
base::Result<std::int64_t> judge_held(const kernel::WriteContext& write, const GroupId& group,
                                      std::int64_t after, std::int64_t until);

}  // namespace messaging::receiving
