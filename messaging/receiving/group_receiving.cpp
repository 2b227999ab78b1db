#include "messaging/receiving/group_receiving.h"

#include <utility>

#include "crypto/identity.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/message_refs.h"
#include "messaging/chats/pictures.h"
#include "messaging/chats/received_row.h"
#include "messaging/chats/requests.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/chats/webxdc_rules.h"
#include "messaging/groups/group_rules.h"
#include "messaging/groups/pending_states.h"
#include "messaging/kernel/protocol.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_access.h"
#include "messaging/receiving/apply_content.h"
#include "messaging/receiving/protected_receiving.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/gone_groups.h"
#include "store/tables/group_held.h"
#include "store/tables/messages.h"

namespace messaging::receiving {
namespace {

constexpr std::size_t kJudgedAtOnce = 8;  // held contents in one write
constexpr std::size_t kJudgedBytes = 256 * 1024;
// Entries of an update that are applied in one write: each needs a contact, a route, a row and a
// line.
constexpr std::size_t kEntriesInWrite = 12;
// The price of a known member's entry, as a share of a stranger's.
constexpr double kKnownEntryPrice = 0.1;

// The sender's copy differs from ours: at intervals ours is sent to it, or its copy requested.
base::Result<> settle(const kernel::WriteContext& write, const chats::Group& group,
                      ContactId contact) {
  EDGE_TRY(auto row, store::find_member(write.scope, group.row.chat, contact));
  if (!row || row->sent_at + groups::kStateResendAfter > write.steady()) return {};
  row->sent_at = write.steady();
  EDGE_CHECK(store::set_member_sent(write.scope, group.row.chat, *row));
  if (!group.row.self_present)
    return groups::send_to_member(write, group, contact, {.with_image = true});
  if (group.is_owner(chats::key_of(write.account))) {
    return groups::add_pending_state(write, group, contact);
  }
  return groups::ask_state(write, group.row.uuid, contact);
}

// Checks the keys of unknown members: an invalid key could never be sent to. Keys of contacts were
// checked before.
base::Result<bool> keys_are_usable(const kernel::WriteContext& write, const GroupState& state) {
  for (const auto& [key, member] : state.members) {
    if (!member.present) continue;
    EDGE_TRY(const bool known, chats::knows_key(write.scope, key));
    if (!known && !crypto::PublicKey::from_bytes(key)) return false;
  }
  return true;
}

// Deletes the arrived file of a picture that is here already.
base::Result<bool> drop_repeated(const kernel::WriteContext& write, const GroupUpdate& update,
                                 files::RemovedFiles& files) {
  if (!update.image) return false;
  EDGE_TRY(const auto transfer, store::find_transfer(write.scope, update.image->transfer));
  if (!transfer) return false;
  EDGE_CHECK(store::delete_transfer(write.scope, transfer->id));
  files.add(transfer->name);
  return false;
}

// Takes the picture of the state, if it arrived with the update; removes one that the state no
// longer has.
base::Result<bool> take_image(const kernel::WriteContext& write, chats::Group& group,
                              const GroupUpdate& update, files::RemovedFiles& files) {
  const auto& named = group.state.image.value;
  if (group.row.image_blob) {
    EDGE_TRY(const auto blob, store::find_blob(write.scope, *group.row.image_blob));
    if (blob && named == blob->hash) return drop_repeated(write, update, files);
  }
  std::optional<std::int64_t> fresh;
  if (named && update.image && update.image->hash == *named) {
    EDGE_TRY(const auto transfer, chats::arrived_file(write, *update.image));
    if (transfer) {
      EDGE_TRY(fresh, chats::adopt_file(write, *update.image, *transfer));
    }
  }
  if (!fresh && !group.row.image_blob) return false;
  EDGE_CHECK(chats::replace_picture(write, group.row.image_blob, fresh, files));
  return true;
}

base::Result<> judge(const kernel::WriteContext& write, const store::HeldContent& held) {
  const auto content = decode_content(held.content);
  EDGE_TRY(const auto contact, store::find_contact(write.scope, held.contact));
  if (!content || !contact) return {};
  if (!kind_of(content->body).traits.held_for_groups) return {};
  EDGE_CHECK(apply_content(write, Sender{*contact}, *content, std::nullopt, held.content));
  return {};
}

// Some of the entries in which `whole` differs from ours, and all registers but the picture's,
// which is applied with the last portion. nullopt: few entries differ. Our own entry is applied
// last, so that one line covers all changes before we joined; so is the entry of a sender that
// leaves, whose later portions would be refused.
std::optional<GroupState> portion_of(const GroupState* ours, const GroupState& whole,
                                     const MemberKey& self, const MemberKey& sender,
                                     const GroupState& theirs) {
  GroupState portion = theirs;
  portion.image = {};
  portion.members.clear();
  std::size_t changed = 0;
  for (const auto& [key, member] : theirs.members) {
    if (key == self || (key == sender && !member.present)) continue;
    const Membership* before = ours == nullptr ? nullptr : ours->find(key);
    const Membership* after = whole.find(key);
    if (after == nullptr || (before != nullptr && *before == *after)) continue;
    ++changed;
    if (portion.members.size() < kEntriesInWrite) portion.members.emplace(key, member);
  }
  return changed > kEntriesInWrite ? std::optional(std::move(portion)) : std::nullopt;
}

// A group that was deleted here is restored by a text, which is held until the group's state has
// arrived, and when a member adds us again. Updates about other members do not restore it.
base::Result<bool> comes_back(const kernel::WriteContext& write, const GroupId& group,
                              const Membership& ours) {
  EDGE_TRY(const auto gone, store::find_gone_group(write.scope, group));
  if (!gone) return true;
  EDGE_TRY(const bool held, store::holds_any_content(write.scope, group));
  if (!held && ours.number <= static_cast<std::uint64_t>(*gone)) return false;
  EDGE_CHECK(store::forget_gone_group(write.scope, group));
  return true;
}

// Begins an unknown group, without any state yet; nullopt: it was deleted here permanently.
base::Result<std::optional<chats::Group>> begin_group(const kernel::WriteContext& write,
                                                      const store::ContactRow& contact,
                                                      const GroupId& id, const GroupState& state) {
  const Membership* ours = state.find(chats::key_of(write.account));
  if (ours == nullptr || !ours->present) return std::optional<chats::Group>();
  EDGE_TRY(const bool wanted, comes_back(write, id, *ours));
  if (!wanted) return std::optional<chats::Group>();
  GroupState nothing;
  nothing.channel = state.channel;
  nothing.owner = state.owner;
  // A group of somebody who was not accepted is a contact request (decision 10).
  EDGE_TRY(const store::ChatBlocked blocked, chats::first_state(write.scope, contact));
  if (blocked == store::ChatBlocked::request) {
    EDGE_TRY(const bool room, chats::has_room_for_request(write.scope));
    if (!room) return std::optional<chats::Group>();
  }
  EDGE_TRY(chats::Group group, groups::make_group(write, id, std::move(nothing), blocked));
  return std::optional(std::move(group));
}

groups::GroupIs which_is(const GroupId& group, const Uuid& update) {
  return update == groups::promotion_uuid(group) ? groups::GroupIs::fresh : groups::GroupIs::known;
}

base::Result<> apply_state(const kernel::WriteContext& write, chats::Group& group, Merged merged,
                           const GroupUpdate& update, ContactId sender, groups::GroupIs is) {
  const GroupState before = group.state;
  group.state = std::move(merged.state);
  group.row.promoted = true;
  EDGE_TRY(const bool published, groups::publish_card(write, group));
  files::RemovedFiles files(write.core, write.account);
  EDGE_CHECK(take_image(write, group, update, files));
  files.remove_after(write.tx);
  EDGE_CHECK(groups::save_group(write, group));
  EDGE_CHECK(groups::add_change_lines(write, group, before, sender, is));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  if (published || merged.ours_alone) {
    EDGE_CHECK(groups::add_pending_state_for_all(write, group, sender));
  }
  write.signal(&kernel::Signals::group_changed, group.row.uuid);
  return {};
}

base::Result<> insert_text(const kernel::WriteContext& write, const chats::Group& group,
                           ContactId from, const Uuid& uuid, const GroupText& text,
                           const std::optional<store::TransferRow>& file) {
  EDGE_TRY(store::ChatRow chat, store::load_chat(write.scope, group.row.chat));
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, from));
  EDGE_CHECK(chats::take_timer(write, chat, contact, text.message.timer));
  store::MessageRow row = chats::received_row(from, uuid, text.message);
  if (row.has_quote && text.message.quote->message && text.message.quote->message->author) {
    EDGE_TRY(const auto quoted,
             chats::find_referred(write.scope, *text.message.quote->message, from));
    if (quoted && quoted->chat == chat.id) row.quoted = quoted->id;
  }
  if (text.message.file) {
    std::optional<store::TransferRow> transfer = file;
    if (!transfer) {
      EDGE_TRY(transfer, chats::arrived_file(write, *text.message.file));
    }
    if (transfer) {
      EDGE_TRY(row.blob_id, chats::adopt_file(write, *text.message.file, *transfer));
    } else if (write.protocol().abilities().acknowledges) {
      row.error = "The file of this message did not arrive.";
    }
  }
  row.chat = chat.id;
  EDGE_CHECK(chats::check_type(write, row));
  EDGE_TRY(const auto id, chats::insert_incoming(write.tx, write.scope, chat, row));
  if (!id) return {};
  row.id = *id;
  EDGE_CHECK(note_container_arrived(write, row));
  return chats::apply_waiting_webxdc_updates(write, chat, row);
}

base::Result<> answer_question(const kernel::WriteContext& write,
                               const std::optional<chats::Group>& group, const MemberKey& asker,
                               ContactId contact) {
  if (!group || !group->row.self_present || !group->state.has(asker)) return {};
  return groups::add_pending_state(write, *group, contact);
}

// For a group whose chat was deleted here only one change matters: a member that reports its own
// leaving loses the accesses it had as a member.
base::Result<> take_farewell(const kernel::WriteContext& write, const MemberKey& sender,
                             const GroupUpdate& update, ContactId contact) {
  const Membership* said = update.state.find(sender);
  if (said == nullptr || said->present) return {};
  return protection::membership_ended(write, update.group, contact);
}

// A state that is known already: its picture may be new here, or ours new to the sender.
base::Result<> take_nothing_new(const kernel::WriteContext& write, chats::Group& group,
                                const MemberKey& sender, const GroupUpdate& update,
                                ContactId contact) {
  files::RemovedFiles files(write.core, write.account);
  EDGE_TRY(const bool pictured, take_image(write, group, update, files));
  files.remove_after(write.tx);
  if (pictured) {
    EDGE_CHECK(groups::save_group(write, group));
    EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  }
  if (!group.state.has(sender)) return {};
  if (update.state != shown_to(group.state, sender)) return settle(write, group, contact);
  // The member has the same state: no update is due.
  EDGE_TRY(auto row, store::find_member(write.scope, group.row.chat, contact));
  if (!row) return {};
  row->sent_state = update.state.digest();
  return store::set_member_sent(write.scope, group.row.chat, *row);
}

// Applies some of an update's entries, when more change than fit into one write. States are merged
// entry by entry, so a part is a valid state; a retransmission continues where this stopped.
// Members get the update after the last portion.
base::Result<Portion::Left> take_portion(const kernel::WriteContext& write,
                                         const store::ContactRow& contact, const Uuid& uuid,
                                         const GroupUpdate& update) {
  using enum Portion::Left;
  if (update.state.channel || update.state.members.size() <= kEntriesInWrite) {
    return fits;
  }
  EDGE_TRY(auto group, chats::find_group(write.scope, update.group));
  EDGE_TRY(const MemberKey sender, chats::key_of(write.scope, contact.id));
  const MemberKey self = chats::key_of(write.account);
  const GroupState* ours = group ? &group->state : nullptr;
  if (judge_state(ours, self, sender, update.state) != StateVerdict::take) return fits;
  const Merged whole = take(ours, self, sender, update.state);
  if (!whole.changed) return fits;
  const auto portion = portion_of(ours, whole.state, self, sender, update.state);
  if (!portion) return fits;
  EDGE_TRY(const bool usable, keys_are_usable(write, *portion));
  if (!usable) return fits;
  Merged merged = take(ours, self, sender, *portion);
  if (!merged.changed) return fits;
  EDGE_TRY(const bool costly,
           brings_too_many(write, contact.id, *portion,
                           kKnownEntryPrice * static_cast<double>(portion->members.size())));
  if (costly) return too_many;
  if (!group) {
    EDGE_TRY(group, begin_group(write, contact, update.group, whole.state));
    if (!group) return fits;
  }
  const GroupState before = std::exchange(group->state, std::move(merged.state));
  group->row.promoted = true;
  EDGE_CHECK(groups::save_group(write, *group));
  EDGE_CHECK(
      groups::add_change_lines(write, *group, before, contact.id, which_is(update.group, uuid)));
  EDGE_CHECK(write.emit(ChatModified{group->row.chat}));
  return more;
}

}  // namespace

base::Result<> hold_content(const kernel::WriteContext& write, const GroupId& group,
                            ContactId contact, base::ByteView content) {
  store::HeldContent held;
  EDGE_TRY(held.id, write.tx.next_id(write.account.id, "group_held"));
  held.contact = contact;
  held.content.assign(content.begin(), content.end());
  return store::hold_content(write.scope, group, held, write.steady());
}

base::Result<bool> brings_too_many(const kernel::WriteContext& write, ContactId contact,
                                   const GroupState& state, double besides) {
  double price = besides;
  for (const auto& [key, member] : state.members) {
    if (!member.present) continue;
    EDGE_TRY(const bool known, chats::knows_key(write.scope, key));
    if (!known) ++price;
  }
  return price > 0 && write.core.strangers.take(write.account.id, contact, price) > 0;
}

base::Result<Portion> apply_some(const Received& received, const GroupUpdate& update) {
  const Sender& sender = received.sender;
  if (sender.proven && !sender.contact.blocked) {
    EDGE_TRY(const Portion::Left left,
             take_portion(received.write, sender.contact, received.uuid, update));
    if (left != Portion::Left::fits) return Portion{left, sender.taken};
  }
  EDGE_TRY(const bool too_many, brings_too_many(received.write, sender.contact.id, update.state));
  return Portion{too_many ? Portion::Left::too_many : Portion::Left::fits};
}

base::Result<std::int64_t> judge_held(const kernel::WriteContext& write, const GroupId& group,
                                      std::int64_t after, std::int64_t until) {
  EDGE_TRY(const auto contents,
           store::held_contents(write.scope, group, after, until, kJudgedAtOnce));
  std::size_t bytes = 0;
  for (const store::HeldContent& held : contents) {
    if (bytes > kJudgedBytes) return after;
    bytes += held.content.size();
    after = held.id;
    EDGE_TRY(const bool still, store::release_content(write.scope, held.id));
    if (still) EDGE_CHECK(judge(write, held));
  }
  return contents.size() < kJudgedAtOnce ? until : after;
}

base::Result<bool> apply(const Received& received, const GroupText& text) {
  const auto& [write, from, uuid, file, content] = received;
  const store::ContactRow& contact = from.contact;
  EDGE_TRY(const auto group, chats::find_group(write.scope, text.group));
  if (!group) {
    // The group was deleted here, or the state that invites us has not arrived yet.
    EDGE_TRY(const bool asked, store::holds_content(write.scope, text.group, contact.id));
    EDGE_CHECK(hold_content(write, text.group, contact.id, content));
    if (!asked) EDGE_CHECK(groups::ask_state(write, text.group, contact.id));
    return false;
  }
  EDGE_TRY(const MemberKey sender, chats::key_of(write.scope, contact.id));
  const bool may_write =
      group->state.channel ? sender == group->state.owner : group->state.has(sender);
  if (group->row.self_present && !may_write && !group->state.channel) {
    EDGE_CHECK(hold_content(write, text.group, contact.id, content));
    return false;
  }
  EDGE_CHECK(outbox::acknowledge(write, contact.id, uuid));
  if (may_write && group->row.self_present) {
    EDGE_TRY(const bool had, store::has_message_uuid(write.scope, contact.id, uuid));
    EDGE_TRY(const bool deleted, chats::was_deleted(write.scope, contact.id, uuid, write.tx.now()));
    if (!had && !deleted) EDGE_CHECK(insert_text(write, *group, contact.id, uuid, text, file));
  }
  if (text.digest != shown_to(group->state, sender).digest()) {
    EDGE_CHECK(settle(write, *group, contact.id));
  }
  return true;
}

base::Result<bool> apply(const Received& received, const GroupUpdate& update) {
  const auto& [write, from, uuid, file, content] = received;
  const store::ContactRow& contact = from.contact;
  EDGE_TRY(auto group, chats::find_group(write.scope, update.group));
  EDGE_TRY(const MemberKey sender, chats::key_of(write.scope, contact.id));
  const MemberKey self = chats::key_of(write.account);
  if (!group) EDGE_CHECK(take_farewell(write, sender, update, contact.id));
  const GroupState* ours = group ? &group->state : nullptr;
  StateVerdict admission =
      update.state.empty() ? StateVerdict::take : judge_state(ours, self, sender, update.state);
  if (admission == StateVerdict::take) {
    EDGE_TRY(const bool usable, keys_are_usable(write, update.state));
    if (!usable) admission = StateVerdict::drop;
  }
  if (admission == StateVerdict::hold) {
    EDGE_CHECK(hold_content(write, update.group, contact.id, content));
    return false;
  }
  EDGE_CHECK(outbox::acknowledge(write, contact.id, uuid));
  if (admission == StateVerdict::drop) return true;
  if (update.state.empty()) {
    EDGE_CHECK(answer_question(write, group, sender, contact.id));
    return true;
  }
  Merged merged = take(ours, self, sender, update.state);
  if (!group) {
    if (!merged.changed) return true;
    EDGE_TRY(group, begin_group(write, contact, update.group, merged.state));
    if (!group) return true;
  }
  if (merged.changed) {
    EDGE_CHECK(apply_state(write, *group, std::move(merged), update, contact.id,
                           which_is(update.group, uuid)));
  } else {
    EDGE_CHECK(take_nothing_new(write, *group, sender, update, contact.id));
  }
  return true;
}

}  // namespace messaging::receiving
