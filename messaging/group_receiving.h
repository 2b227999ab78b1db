// What arrives for groups. Runs in the writer's transaction.
//
// `content` is the whole content as it came: it is kept when its sender is no member as far as we
// know, and judged again when the group's state changed. Such a content is acknowledged only when
// it is taken.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/content.h"
#include "messaging/write_context.h"
#include "store/tables/contacts.h"

namespace messaging {

inline constexpr std::int64_t kMaxHeldContents = 1000;  // per account
inline constexpr base::Millis kHeldLifetime = 7 * 24 * 3600 * base::Millis{1000};

// False: held.
base::Result<bool> take_group_text(const WriteContext& write, const store::ContactRow& contact,
                                   const Uuid& uuid, const GroupText& text, base::ByteView content);
base::Result<bool> take_group_update(const WriteContext& write, const store::ContactRow& contact,
                                     const Uuid& uuid, const GroupUpdate& update,
                                     base::ByteView content);
// Keeps a content whose sender may be a member that we have yet to hear of.
base::Result<> hold_content(const WriteContext& write, const GroupId& group, ContactId contact,
                            base::ByteView content);

}  // namespace messaging
