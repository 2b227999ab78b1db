// Updates that we send to a group's members: the state, requests for it, and links with members we
// never met (group_rules.h).
#include <algorithm>
#include <span>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "messaging/groups/giving_up.h"
#include "messaging/groups/group_rules.h"
#include "messaging/groups/pending_states.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/content.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/blobs.h"
#include "store/tables/pending_states.h"

namespace messaging::groups {
namespace {

// Members that the write of our own change sends to, and bytes of states about; the others follow
// in later writes. Unused where groups are dated: there one mail carries the change to all, with
// its line.
constexpr std::size_t kMembersInWrite = 16;
constexpr std::size_t kBytesInWrite = 256 * 1024;

// How many members are sent such a state in one write.
std::size_t members_in_write(const GroupState& state) {
  return std::clamp<std::size_t>(kBytesInWrite / encode(state).size(), 1, kMembersInWrite);
}

base::Result<> note_sent(const kernel::WriteContext& write, const chats::Group& group,
                         store::MemberRow& row, const GroupState& state) {
  row.sent_state = state.digest();
  row.sent_at = write.steady();
  EDGE_CHECK(store::set_member_sent(write.scope, group.row.chat, row));
  return store::settle_state(write.scope, group.row.chat, row.contact);
}

}  // namespace

base::Result<std::vector<ContactId>> recipients(const store::Scope& scope, ChatId chat) {
  EDGE_TRY(const auto members, store::list_members(scope, chat));
  std::vector<ContactId> contacts;
  for (const store::MemberRow& member : members) {
    if (!member.present) continue;
    EDGE_TRY(const bool opens, contact_opens(scope, member.contact));
    if (opens) contacts.push_back(member.contact);
  }
  return contacts;
}

base::Result<std::vector<ContactId>> audience(const kernel::WriteContext& write, ChatId chat) {
  EDGE_TRY(const auto members, store::list_members(write.scope, chat));
  const bool alone = std::none_of(members.begin(), members.end(),
                                  [](const auto& member) { return member.present; });
  if (!alone) return recipients(write.scope, chat);
  EDGE_TRY(const bool devices, write.protocol().has_other_devices(write));
  return devices ? std::vector<ContactId>{kSelf} : std::vector<ContactId>();
}

base::Result<> meet_member(const kernel::WriteContext& write, const chats::Group& group,
                           ContactId contact) {
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  const Membership* member = group.state.find(key);
  if (member == nullptr || !member->present) return {};
  return write.protocol().meet(write, contact, group.row.uuid, member->card);
}

namespace {

struct MemberUpdate {
  store::MemberRow row;
  GroupUpdate update;
};

// The group's state as the member is to see it, once the member's gateway is known.
base::Result<MemberUpdate> update_for(const kernel::WriteContext& write, const chats::Group& group,
                                      ContactId contact) {
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  EDGE_TRY(auto row, store::find_member(write.scope, group.row.chat, contact));
  if (!row) row.emplace().contact = contact;
  EDGE_CHECK(meet_member(write, group, contact));
  MemberUpdate out{*std::move(row), {}};
  out.update.group = group.row.uuid;
  out.update.state = shown_to(group.state, key);
  return out;
}

}  // namespace

base::Result<> send_first_state(const kernel::WriteContext& write, const chats::Group& group,
                                ContactId contact) {
  EDGE_TRY(MemberUpdate made, update_for(write, group, contact));
  store::MemberRow& row = made.row;
  GroupUpdate& update = made.update;
  EDGE_CHECK(note_sent(write, group, row, update.state));
  // The picture's file would have to stand before the place.
  if (group.row.image_blob) EDGE_CHECK(add_pending_state(write, group, contact));
  return outbox::fill_place(write, contact,
                            Content{promotion_uuid(group.row.uuid), std::move(update)});
}

base::Result<> send_to_member(const kernel::WriteContext& write, const chats::Group& group,
                              ContactId contact, const SendOptions& options) {
  EDGE_TRY(const bool unaware, store::awaits_first_state(write.scope, group.row.chat, contact));
  if (unaware) EDGE_CHECK(send_first_state(write, group, contact));
  EDGE_TRY(MemberUpdate made, update_for(write, group, contact));
  store::MemberRow& row = made.row;
  GroupUpdate& update = made.update;
  const auto& image = group.state.image.value;
  if (image && group.row.image_blob && (options.with_image || row.sent_image != image)) {
    EDGE_TRY(update.image,
             outbox::queue_file(write, contact, options.message, *group.row.image_blob));
    row.sent_image = image;
  }
  EDGE_CHECK(note_sent(write, group, row, update.state));
  const Uuid uuid = options.uuid.value_or(crypto::random_array<16>());
  return outbox::queue_content(write, contact, Content{uuid, std::move(update)}, options.message);
}

bool announces_to_all_readers(const kernel::WriteContext& write, const chats::Group& group) {
  return !group.state.channel || !write.protocol().abilities().dated_groups;
}

base::Result<> send_to_members(const kernel::WriteContext& write, const chats::Group& group,
                               const SendOptions& options) {
  EDGE_TRY(auto contacts, audience(write, group.row.chat));
  // A state that is sent later has no line; by mail it names no change.
  const bool at_once = write.protocol().abilities().dated_groups;
  const std::size_t most = at_once ? contacts.size() : members_in_write(group.state);
  if (contacts.size() > most) {
    if (options.uuid == promotion_uuid(group.row.uuid)) {
      for (const ContactId contact : std::span(contacts).subspan(most)) {
        EDGE_CHECK(meet_member(write, group, contact));
        EDGE_CHECK(store::add_first_state(write.scope, group.row.chat, contact));
        EDGE_CHECK(outbox::reserve_place(write, contact, *options.uuid));
      }
      write.signal(&kernel::Signals::states_pending, group.row.chat, kSelf);
    } else {
      EDGE_CHECK(add_pending_state_for_all(write, group, kSelf));
    }
    contacts.resize(most);
  }
  for (const ContactId contact : contacts) {
    EDGE_CHECK(send_to_member(write, group, contact, options));
  }
  return {};
}

base::Result<> ask_state(const kernel::WriteContext& write, const GroupId& id, ContactId contact) {
  GroupUpdate question;
  question.group = id;
  return outbox::queue_content(write, contact,
                               Content{crypto::random_array<16>(), std::move(question)});
}

store::Uuid promotion_uuid(const GroupId& group) {
  base::WireWriter out;
  out.fixed(base::as_bytes("privitty-edge group promotion")).fixed(group);
  return crypto::blake2b<16>(out.view());
}

base::Result<> promote(const kernel::WriteContext& write, chats::Group& group) {
  if (group.row.promoted) return {};
  group.row.promoted = true;
  EDGE_CHECK(publish_card(write, group));
  EDGE_CHECK(save_group(write, group));
  return send_to_members(write, group, {.uuid = promotion_uuid(group.row.uuid)});
}

}  // namespace messaging::groups
