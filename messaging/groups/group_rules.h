// Rules of groups that several parts follow inside the writer's transaction: how a group is stored,
// how our own changes are made and sent, and the info messages about them.
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

// The state is sent again after this time to a member whose message shows that it lacks it.
inline constexpr base::Millis kStateResendAfter = 10 * 60 * base::Millis{1000};

// The number of our change to a member, and the stamp of our change to a register whose stamp was
// `before`: higher than all known numbers, or the present time (Abilities::dated_groups).
std::uint64_t next_membership(const kernel::WriteContext& write, const GroupState& state,
                              const MemberKey& key, bool present);
Stamp next_stamp(const kernel::WriteContext& write, const GroupState& state, const Stamp& before);

// Creates a chat and its group; the caller sets type and state.
base::Result<chats::Group> make_group(const kernel::WriteContext& write, const GroupId& id,
                                      GroupState state, store::ChatBlocked blocked);
// Saves the changes: rows of members, contacts for unknown members, and routes to them. Events:
// ContactsChanged for new contacts.
base::Result<> save_group(const kernel::WriteContext& write, chats::Group& group);

// Publishes our own card in the group if it changed. True: the state changed.
base::Result<bool> publish_card(const kernel::WriteContext& write, chats::Group& group);

// Requests a link with a member that has none, by its card in the group.
base::Result<> meet_member(const kernel::WriteContext& write, const chats::Group& group,
                           ContactId contact);

// Whether a channel's readers are notified of who else joins and leaves. By mail only the reader
// concerned is.
bool announces_to_all_readers(const kernel::WriteContext& write, const chats::Group& group);

// Sends the state to a member. `message` is the info message about the change, with its uuid; none
// for a forwarded state.
struct SendOptions {
  std::optional<MsgId> message = std::nullopt;
  std::optional<store::Uuid> uuid = std::nullopt;
  bool with_image = false;  // also when the member was sent the picture before
};
base::Result<> send_to_member(const kernel::WriteContext& write, const chats::Group& group,
                              ContactId contact, const SendOptions& options);
// The state by which a member learns of the group, in the place that send_to_members() reserved.
base::Result<> send_first_state(const kernel::WriteContext& write, const chats::Group& group,
                                ContactId contact);
// Sends it to all members: to some in this write, to the others in later ones (pending_states.h).
base::Result<> send_to_members(const kernel::WriteContext& write, const chats::Group& group,
                               const SendOptions& options);
// Requests the state of an unknown group.
base::Result<> ask_state(const kernel::WriteContext& write, const GroupId& id, ContactId contact);

// The recipients of our messages: the other present members whose rows open.
base::Result<std::vector<ContactId>> recipients(const store::Scope& scope, ChatId chat);
// The same, or kSelf alone in a group or channel without other members while the account has other
// devices: those are sent what is said there.
base::Result<std::vector<ContactId>> audience(const kernel::WriteContext& write, ChatId chat);

// From now on the group's changes are sent to members.
base::Result<> promote(const kernel::WriteContext& write, chats::Group& group);

// Our own info message about a change; unsent when the group has no other members.
base::Result<store::MessageRow> add_own_line(const kernel::WriteContext& write,
                                             const chats::Group& group, SystemMessage system,
                                             std::string text, std::optional<ContactId> about,
                                             std::optional<std::int64_t> image, bool to_somebody);

// Info messages about the changes between two states, each from the change's author. Events:
// IncomingMsg; MsgsChanged when somebody left. A fresh group, whose members were added before its
// first message, has no line about that.
enum class GroupIs { known, fresh };
base::Result<> add_change_lines(const kernel::WriteContext& write, const chats::Group& group,
                                const GroupState& before, ContactId sender, GroupIs is);

// The uuid of a group's first update, by which members recognise a new group.
store::Uuid promotion_uuid(const GroupId& group);

// Adds a member and sends the change to all: for add_contact_to_chat and joins by invite.
base::Result<> add_member(const kernel::WriteContext& write, chats::Group& group,
                          ContactId contact);

// Deletes the group's chat without leaving the group: a later text creates a new chat.
base::Result<> forget_group(const kernel::WriteContext& write, ChatId chat,
                            files::RemovedFiles& files);

}  // namespace messaging::groups
