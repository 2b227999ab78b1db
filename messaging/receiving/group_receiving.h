// What arrives for groups. Runs in the writer's transaction.
//
// `content` is the whole content as it came: it is kept when its sender is no member as far as we
// know, and judged again when the group's state changed (held_contents.h). Such a content is
// acknowledged only when it is taken.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "store/tables/contacts.h"

namespace messaging {

inline constexpr base::Millis kHeldLifetime = 7 * 24 * 3600 * base::Millis{1000};

// False: held.
base::Result<bool> take_group_text(const WriteContext& write, const store::ContactRow& contact,
                                   const Uuid& uuid, const GroupText& text, base::ByteView content);
base::Result<bool> take_group_update(const WriteContext& write, const store::ContactRow& contact,
                                     const Uuid& uuid, const GroupUpdate& update,
                                     base::ByteView content);
// Before an update is taken: some of its entries, when more of them change than one write may. As
// states are merged entry by entry, that is a state like any other; a repetition goes on where this
// stopped. Members are told after the rest.
enum class GroupPortion : std::uint8_t {
  rest_fits,  // nothing was taken; take_group_update() takes all that is left
  partly,     // others' writes may pass, then this again
  too_many,   // more people than this contact may have us take in for now: nothing was taken
};
base::Result<GroupPortion> take_group_portion(const WriteContext& write,
                                              const store::ContactRow& contact,
                                              const GroupUpdate& update);
// Keeps a content whose sender may be a member that we have yet to hear of.
base::Result<> hold_content(const WriteContext& write, const GroupId& group, ContactId contact,
                            base::ByteView content);
// The state names more people whom we do not know than this contact may have us take in for now:
// its repetition is for later. `besides`: paid for as well, a stranger is 1.
base::Result<bool> brings_too_many(const WriteContext& write, ContactId contact,
                                   const GroupState& state, double besides = 0);
// Judges some of the contents that are held for a group, those with ids above `after` and up to
// `until`. Answers with the id up to which that is done.
base::Result<std::int64_t> judge_held(const WriteContext& write, const GroupId& group,
                                      std::int64_t after, std::int64_t until);

}  // namespace messaging
