// Rules of groups that several parts follow inside the writer's transaction: a group as it is
// stored, how a change of ours is made and told, and which line in the chat tells of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/group_state.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/messages.h"

namespace messaging::groups {

// A state that a member proves not to have is sent to it again after this time.
inline constexpr base::Millis kTellAgain = 10 * 60 * base::Millis{1000};
inline constexpr std::uint64_t kMaxGroupImage = 1024 * 1024;  // bytes of plaintext

// The chat and its group; type and state are the caller's.
base::Result<chats::Group> make_group(const kernel::WriteContext& write, const GroupId& id,
                                      GroupState state, store::ChatBlocked blocked);
// Writes what changed: the rows of members, who become contacts where they are none, and ways to
// reach them. Events: ContactsChanged for new contacts.
base::Result<> save_group(const kernel::WriteContext& write, chats::Group& group);

// What our own card in the group should be, published when it is not: true when the state changed.
base::Result<bool> publish_card(const kernel::WriteContext& write, chats::Group& group);

// A member with whom there is no link is asked for one, by its card in the group.
base::Result<> meet_member(const kernel::WriteContext& write, const chats::Group& group,
                           ContactId contact);

// Sends the state to a member. `message` is the line in the chat that tells of the change, with its
// uuid; none for a state that is sent on.
struct TellOptions {
  std::optional<MsgId> message = std::nullopt;
  std::optional<store::Uuid> uuid = std::nullopt;
  bool with_image = false;  // also when the member was sent the picture before
};
base::Result<> tell_member(const kernel::WriteContext& write, const chats::Group& group,
                           ContactId contact, const TellOptions& options);
base::Result<> tell_members(const kernel::WriteContext& write, const chats::Group& group,
                            const TellOptions& options);
// Asks for the state of a group that we do not have.
base::Result<> ask_state(const kernel::WriteContext& write, const GroupId& id, ContactId contact);

// The members that our messages go to: the present ones but us, as far as their rows open.
base::Result<std::vector<ContactId>> recipients(const store::Scope& scope, ChatId chat);

// From now on members are told.
base::Result<> promote(const kernel::WriteContext& write, chats::Group& group);

// A line of ours that tells of a change: unsent when there is nobody to tell.
base::Result<store::MessageRow> add_own_line(const kernel::WriteContext& write,
                                             const chats::Group& group, SystemMessage system,
                                             std::string text, std::optional<ContactId> about,
                                             std::optional<std::int64_t> image, bool to_somebody);

// Lines for what changed between two states, each from whoever changed it. Events: IncomingMsg.
base::Result<> tell_changes(const kernel::WriteContext& write, const chats::Group& group,
                            const GroupState& before, ContactId sender);

// Makes a contact a member and tells everybody: after add_contact_to_chat and a join by invite.
base::Result<> add_member(const kernel::WriteContext& write, chats::Group& group,
                          ContactId contact);

// The picture is this blob from now on, or none; the former one goes when nothing shows it.
base::Result<> set_image_blob(const kernel::WriteContext& write, chats::Group& group,
                              std::optional<std::int64_t> blob, files::RemovedFiles& files);

// With its chat. The group is not left: what comes for it makes a new chat.
base::Result<> forget_group(const kernel::WriteContext& write, ChatId chat,
                            files::RemovedFiles& files);

}  // namespace messaging::groups
