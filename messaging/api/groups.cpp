#include "messaging/api/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/pictures.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/plain_name.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

// Changes the name to the form that is stored.
base::Result<> check_name(std::string& name) {
  EDGE_TRY(name, given_name("name: Invalid chat name", name, kMaxGroupName));
  if (!name.empty()) return {};
  return fail(Errc::invalid_argument, "name: Invalid chat name: nothing in it can be seen");
}

base::Result<> check_may_change(const kernel::WriteContext& write, const chats::Group& group) {
  const MemberKey self = chats::key_of(write.account);
  if (!group.state.has(self)) {
    return fail(Errc::forbidden,
                fmt::format("you are not a member of chat {} (any more)", group.row.chat.value));
  }
  if (!group.is_owner(self)) {
    return fail(Errc::forbidden, fmt::format("chat {} is a channel; only its owner can change it",
                                             group.row.chat.value));
  }
  if (group.state.next_number() > kMaxChange) {
    return fail(Errc::exhausted, "the group cannot be changed any more; make a new one");
  }
  return {};
}

// Saves a change of `group.state`, and sends it with a line in the chat.
base::Result<> announce_change(const kernel::WriteContext& write, chats::Group& group,
                               SystemMessage system, std::string text,
                               std::optional<std::int64_t> image = std::nullopt) {
  EDGE_CHECK(groups::publish_card(write, group));
  EDGE_CHECK(groups::save_group(write, group));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  if (!group.row.promoted) return write.emit(ChatlistChanged{});
  EDGE_TRY(const auto members, groups::audience(write, group.row.chat));
  EDGE_TRY(const store::MessageRow line,
           groups::add_own_line(write, group, system, std::move(text), std::nullopt, image,
                                !members.empty()));
  return groups::send_to_members(write, group, {line.id, line.uuid});
}

std::string text_of_leaving(const kernel::StockStrings& words, const chats::Group& group,
                            ContactId contact, const store::ContactRow& row) {
  using kernel::Stock;
  if (contact != kSelf) {
    return words.fill(Stock::we_removed_member, "You removed member %1$s.",
                      {chats::shown_name(row)});
  }
  return group.state.channel ? words.get(Stock::we_left_channel, "You left the channel.")
                             : words.get(Stock::we_left_group, "You left the group.");
}

// Removes a member, or ourselves, and sends the change to the others and to the removed member.
base::Result<> take_out(const kernel::WriteContext& write, chats::Group& group, ContactId contact) {
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  if (!group.state.has(key)) {
    return fail(Errc::invalid_argument, fmt::format("contact {} is not a member of chat {}",
                                                    contact.value, group.row.chat.value));
  }
  EDGE_TRY(auto audience, groups::audience(write, group.row.chat));
  if (contact != kSelf && !groups::announces_to_all_readers(write, group)) {
    std::erase_if(audience, [&](ContactId one) { return one != contact; });
  }
  const std::uint64_t number = groups::next_membership(write, group.state, key, false);
  group.state.members[key] = {number, false, chats::key_of(write.account), {}};
  EDGE_CHECK(groups::save_group(write, group));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  if (!group.row.promoted) return write.emit(ChatlistChanged{});
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  EDGE_TRY(const store::MessageRow line,
           groups::add_own_line(write, group, SystemMessage::member_removed,
                                text_of_leaving(write.core.stock, group, contact, row), contact,
                                std::nullopt, !audience.empty()));
  for (const ContactId member : audience) {
    EDGE_CHECK(groups::send_to_member(write, group, member, {line.id, line.uuid}));
  }
  return {};
}

template <class F>
void change(kernel::Core& core, AccountId account, ChatId chat, base::Completion<> done, F what) {
  core.write<void>(
      account,
      [&core, chat, what = std::move(what)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) mutable -> base::Result<> {
        const kernel::WriteContext write{core, tx, scope, state};
        EDGE_TRY(chats::Group group, chats::load_group(scope, chat));
        EDGE_CHECK(check_may_change(write, group));
        return what(write, group);
      },
      std::move(done));
}

}  // namespace

void Groups::make(AccountId account, std::string name, bool channel,
                  base::Completion<ChatId> done) {
  if (auto good = check_name(name); !good) return done(std::move(good).error());
  core_.write<ChatId>(
      account,
      [this, name = std::move(name), channel](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& account_state) -> base::Result<ChatId> {
        const kernel::WriteContext write{core_, tx, scope, account_state};
        EDGE_CHECK(write.check_configured());
        const MemberKey self = chats::key_of(account_state);
        GroupState state;
        state.channel = channel;
        if (channel) state.owner = self;
        state.name = {groups::next_stamp(write, {}, {}), name};
        state.members[self] = {groups::next_membership(write, {}, self, true), true, self, {}};
        EDGE_TRY(const chats::Group group,
                 groups::make_group(write, store::random_uuid(), std::move(state),
                                    store::ChatBlocked::no));
        if (channel) {
          EDGE_CHECK(write.protocol().sync_devices(write, {kernel::ChannelNews{group.row.chat}}));
        }
        return group.row.chat;
      },
      std::move(done));
}

void Groups::create(AccountId account, std::string name, base::Completion<ChatId> done) {
  make(account, std::move(name), false, std::move(done));
}

void Groups::create_channel(AccountId account, std::string name, base::Completion<ChatId> done) {
  make(account, std::move(name), true, std::move(done));
}

void Groups::add(AccountId account, ChatId chat, ContactId contact, base::Completion<> done) {
  change(core_, account, chat, std::move(done),
         [contact](const kernel::WriteContext& write, chats::Group& group) -> base::Result<> {
           if (contact == kSelf) return {};  // a member already, or change() had refused it
           EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
           if (contact.value < kFirstId || !row.route_id) {
             return fail(Errc::invalid_argument,
                         fmt::format("contact {} cannot be added: only somebody who joined you, or "
                                     "whom you joined, can be",
                                     contact.value));
           }
           EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
           if (group.state.has(key)) return {};
           if (!groups::announces_to_all_readers(write, group)) {
             return fail(Errc::invalid_argument,
                         fmt::format("chat {} is a channel by e-mail, which people join by its "
                                     "invite link: give contact {} the link "
                                     "(get_chat_securejoin_qr_code)",
                                     group.row.chat.value, contact.value));
           }
           return groups::add_member(write, group, contact);
         });
}

void Groups::remove(AccountId account, ChatId chat, ContactId contact, base::Completion<> done) {
  if (contact == kSelf) return leave(account, chat, std::move(done));
  change(core_, account, chat, std::move(done),
         [contact](const kernel::WriteContext& write, chats::Group& group) {
           return take_out(write, group, contact);
         });
}

void Groups::leave(AccountId account, ChatId chat, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, chat](store::Tx& tx, const store::Scope& scope,
                   const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(chats::Group group, chats::load_group(scope, chat));
        if (group.state.channel && group.is_owner(chats::key_of(state))) {
          return fail(Errc::invalid_argument,
                      fmt::format("chat {} is your own channel; delete it instead (delete_chat)",
                                  chat.value));
        }
        if (!group.row.self_present) {
          return fail(Errc::invalid_argument,
                      fmt::format("you are not a member of chat {} (any more)", chat.value));
        }
        return take_out(write, group, kSelf);
      },
      std::move(done));
}

void Groups::rename(AccountId account, ChatId chat, std::string name, base::Completion<> done) {
  if (auto good = check_name(name); !good) return done(std::move(good).error());
  change(
      core_, account, chat, std::move(done),
      [name = std::move(name)](const kernel::WriteContext& write,
                               chats::Group& group) -> base::Result<> {
        if (group.state.name.value == name) return {};
        std::string text = write.core.stock.fill(
            kernel::Stock::we_renamed_group, "You changed group name from \"%1$s\" to \"%2$s\".",
            {group.row.name, name});
        group.state.name = {groups::next_stamp(write, group.state, group.state.name.stamp), name};
        return announce_change(write, group, SystemMessage::group_name, std::move(text));
      });
}

void Groups::describe(AccountId account, ChatId chat, std::string text, base::Completion<> done) {
  if (text.size() > kMaxDescription || !base::is_utf8(text)) {
    return done(
        fail(Errc::invalid_argument,
             fmt::format("description: expected at most {} bytes of UTF-8", kMaxDescription)));
  }
  change(core_, account, chat, std::move(done),
         [text = std::move(text)](const kernel::WriteContext& write,
                                  chats::Group& group) -> base::Result<> {
           if (group.state.description.value == text) return {};
           group.state.description = {
               groups::next_stamp(write, group.state, group.state.description.stamp), text};
           return announce_change(write, group, SystemMessage::group_description,
                                  "You changed the chat description.");
         });
}

void Groups::set_image(AccountId account, ChatId chat, std::optional<std::string> path,
                       base::Completion<> done) {
  MessageDraft draft;
  draft.file = path.value_or("");
  auto write_it = [this, account, chat, draft](std::optional<files::SealedFile> sealed,
                                               base::Completion<> answer) mutable {
    change(
        core_, account, chat, std::move(answer),
        [draft = std::move(draft), sealed = std::move(sealed)](
            const kernel::WriteContext& write, chats::Group& group) mutable -> base::Result<> {
          std::optional<store::BlobRow> blob;
          if (!draft.file.empty()) {
            EDGE_TRY(blob, chats::blob_of_draft(write.tx, write.scope, write.core, write.account,
                                                draft, sealed));
            EDGE_CHECK(chats::check_picture(*blob, "image_path"));
          }
          if (!blob && !group.state.image.value) return {};
          files::RemovedFiles files(write.core, write.account);
          EDGE_CHECK(chats::replace_picture(write, group.row.image_blob,
                                            blob ? std::optional(blob->id) : std::nullopt, files));
          files.remove_after(write.tx);
          group.state.image = {groups::next_stamp(write, group.state, group.state.image.stamp),
                               blob ? std::optional(blob->hash) : std::nullopt};
          return announce_change(write, group, SystemMessage::group_image,
                                 blob ? write.core.stock.get(kernel::Stock::we_changed_image,
                                                             "You changed the group image.")
                                      : write.core.stock.get(kernel::Stock::we_deleted_image,
                                                             "You deleted the group image."),
                                 group.row.image_blob);
        });
  };
  chats::with_file<void>(core_, account, draft, std::move(done), std::move(write_it));
}

base::Result<std::vector<ChatId>> Groups::similar(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_CHECK(store::load_chat(scope, chat));
  EDGE_TRY(const auto ours, groups::recipients(scope, chat));
  std::set<ChatId> candidates;
  for (const ContactId member : ours) {
    EDGE_TRY(const auto chats, store::groups_of_contact(scope, member));
    candidates.insert(chats.begin(), chats.end());
  }
  candidates.erase(chat);
  std::vector<std::pair<double, ChatId>> ranked;
  for (const ChatId id : candidates) {
    EDGE_TRY(const store::ChatRow row, store::load_chat(scope, id));
    if (row.blocked != store::ChatBlocked::no) continue;
    EDGE_TRY(const auto theirs, groups::recipients(scope, id));
    std::vector<ContactId> both;
    std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                          std::back_inserter(both));
    const auto all = static_cast<double>(ours.size() + theirs.size() - both.size());
    ranked.emplace_back(-static_cast<double>(both.size()) / all, id);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<ChatId> ids;
  for (const auto& [rank, id] : ranked) ids.push_back(id);
  return ids;
}

}  // namespace messaging
