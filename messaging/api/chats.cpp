#include "messaging/api/chats.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"
#include "messaging/api/views.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/chats/requests.h"
#include "messaging/files/removal.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/protocol.h"
#include "messaging/protected/protected_access.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::ChatBlocked;
using store::ChatRow;

bool archived(const ChatRow& row) { return row.visibility == Visibility::archived; }

// What is searched for: a part of the name, and with the word "is:unread" fresh messages.
struct Search {
  std::string text;
  bool unread = false;
  bool any() const { return unread || !text.empty(); }
};

Search search_of(const ChatListQuery& query) {
  constexpr std::string_view kUnread = "is:unread";
  Search search;
  search.text = base::folded(base::trimmed(query.text.value_or("")));
  const std::size_t at = search.text.find(kUnread);
  if (at == std::string::npos) return search;
  search.unread = true;
  search.text = base::trimmed(search.text.erase(at, kUnread.size()));
  return search;
}

bool is_found(const View& view, const ChatRow& row, const Search& search) {
  if (search.unread) {
    const auto fresh = store::fresh_count(view.scope, row.id);
    if (fresh && *fresh == 0) return false;
  }
  if (search.text.empty()) return true;
  const auto chat = view_chat(view, row);
  return chat && base::folded(chat->name).find(search.text) != std::string::npos;
}

bool wanted(const View& view, const ChatRow& row, const ChatListQuery& query,
            const Search& search) {
  if (row.blocked == ChatBlocked::yes) return false;
  if (query.for_forwarding && (row.blocked != ChatBlocked::no || row.contact == kDeviceContact)) {
    return false;
  }
  if (query.contact) {
    if (row.contact) return row.contact == *query.contact;
    const auto member = store::find_member(view.scope, row.id, *query.contact);
    return member && *member && (*member)->present;
  }
  if (search.any()) return is_found(view, row, search);
  return query.archived_only == archived(row);
}

base::Result<ArchivedChats> archived_chats(const store::Scope& scope) {
  EDGE_TRY(const auto rows, store::list_chats(scope));
  ArchivedChats chats;
  for (const ChatRow& row : rows) {
    if (!archived(row) || row.blocked == ChatBlocked::yes) continue;
    EDGE_TRY(const std::uint32_t fresh, store::fresh_count(scope, row.id));
    if (fresh > 0) ++chats.with_fresh;
  }
  return chats;
}

// Loads and changes a chat, emits the events and syncs our other devices. `change` returns whether
// it changed anything.
template <class F>
void change_chat(kernel::Core& core, AccountId account, ChatId chat, kernel::ChatNews::What what,
                 base::Completion<> done, F change) {
  core.write<void>(
      account,
      [&core, chat, what, change = std::move(change)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) mutable -> base::Result<> {
        EDGE_TRY(ChatRow row, store::load_chat(scope, chat));
        EDGE_TRY(const bool changed, change(tx, scope, row));
        if (!changed) return {};
        EDGE_CHECK(store::update_chat(scope, row));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatModified{chat}));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatlistChanged{}));
        const kernel::WriteContext write{core, tx, scope, state};
        return write.protocol().sync_devices(write, {kernel::ChatNews{chat, what}});
      },
      std::move(done));
}

base::Result<> notice_chat(const kernel::WriteContext& write, ChatId chat) {
  EDGE_CHECK(chats::start_timers(write, chat));
  EDGE_TRY(const std::int64_t changed, store::notice_messages(write.scope, chat));
  if (changed == 0) return {};
  EDGE_CHECK(write.emit(MsgsNoticed{chat}));
  return write.emit(ChatlistChanged{});
}

template <class Wanted>
base::Result<> notice_chats(const kernel::WriteContext& write, Wanted wanted) {
  EDGE_TRY(const auto rows, store::list_chats(write.scope));
  for (const ChatRow& row : rows) {
    if (wanted(row)) EDGE_CHECK(notice_chat(write, row.id));
  }
  return {};
}

}  // namespace

base::Result<std::vector<ChatId>> Chats::list(AccountId account, const ChatListQuery& query) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  EDGE_TRY(const auto rows, store::list_chats(view.scope));
  const Search search = search_of(query);
  std::vector<ChatId> ids;
  bool any_archived = false;
  for (const ChatRow& row : rows) {
    any_archived |= archived(row) && row.blocked != ChatBlocked::yes;
    if (wanted(view, row, query, search)) ids.push_back(row.id);
  }
  const bool plain = !query.archived_only && !query.no_specials && !query.for_forwarding &&
                     !query.contact && !search.any();
  if (plain && any_archived) ids.insert(ids.begin(), kArchiveLink);
  if (query.for_forwarding) {
    // Saved messages come first as a target for forwarding.
    const auto self = std::find_if(rows.begin(), rows.end(),
                                   [](const ChatRow& row) { return row.contact == kSelf; });
    if (self != rows.end()) {
      std::stable_partition(ids.begin(), ids.end(), [&](ChatId id) { return id == self->id; });
    }
  }
  return ids;
}

base::Result<ChatSummary> Chats::summary(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const ChatRow row, store::load_chat(read.scope(), chat));
  return view_summary({core_, read.scope(), *read.account}, row);
}

base::Result<std::vector<base::Result<ChatEntry>>> Chats::entries(
    AccountId account, const std::vector<ChatId>& ids) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  const auto entry = [&](ChatId id) -> base::Result<ChatEntry> {
    if (id == kArchiveLink) {
      EDGE_TRY(const ArchivedChats chats, archived_chats(view.scope));
      return ChatEntry(chats);
    }
    EDGE_TRY(const ChatRow row, store::load_chat(view.scope, id));
    EDGE_TRY(ChatSummary summary, view_summary(view, row));
    return ChatEntry(std::move(summary));
  };
  std::vector<base::Result<ChatEntry>> found;
  found.reserve(ids.size());
  for (const ChatId id : ids) found.push_back(entry(id));
  return found;
}

base::Result<Chat> Chats::get(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const ChatRow row, store::load_chat(read.scope(), chat));
  return view_chat({core_, read.scope(), *read.account}, row);
}

base::Result<Chats::WithMembers> Chats::with_members(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  EDGE_TRY(const ChatRow row, store::load_chat(view.scope, chat));
  WithMembers found;
  EDGE_TRY(found.chat, view_chat(view, row));
  for (const ContactId id : found.chat.contacts) {
    auto member = load_contact_view(view, id);
    if (member) {
      found.members.push_back(*std::move(member));
    } else if (member.error().code != Errc::sealed) {
      return std::move(member).error();
    }
  }
  return found;
}

base::Result<std::optional<ChatId>> Chats::find_by_contact(AccountId account,
                                                           ContactId contact) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto row, store::find_chat_by_contact(read.scope(), contact));
  if (!row || row->blocked == ChatBlocked::yes) return std::optional<ChatId>();
  return std::optional(row->id);
}

base::Result<std::uint32_t> Chats::fresh_count(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const ChatRow row, store::load_chat(read.scope(), chat));
  return store::fresh_count(read.scope(), row.id);
}

void Chats::create_by_contact(AccountId account, ContactId contact, base::Completion<ChatId> done) {
  core_.write<ChatId>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope,
                      const kernel::AccountState& state) -> base::Result<ChatId> {
        EDGE_CHECK(chats::show_contact({core_, tx, scope, state}, contact));
        EDGE_TRY(const ChatRow chat,
                 chats::ensure_single_chat(tx, scope, contact, ChatBlocked::no));
        return chat.id;
      },
      std::move(done));
}

void Chats::accept(AccountId account, ChatId chat, base::Completion<> done) {
  change_chat(core_, account, chat, kernel::ChatNews::What::accepted, std::move(done),
              [this, account](store::Tx& tx, const store::Scope& scope,
                              ChatRow& row) -> base::Result<bool> {
                const bool changed = row.blocked != ChatBlocked::no;
                row.blocked = ChatBlocked::no;
                if (!changed || !row.contact) return changed;
                EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
                EDGE_CHECK(chats::show_contact({core_, tx, scope, *state}, *row.contact));
                return true;
              });
}

void Chats::block(AccountId account, ChatId chat, base::Completion<> done) {
  change_chat(core_, account, chat, kernel::ChatNews::What::blocked, std::move(done),
              [](store::Tx& tx, const store::Scope& scope, ChatRow& row) -> base::Result<bool> {
                if (row.blocked == ChatBlocked::yes) return false;
                if (row.type != ChatType::single) {
                  row.blocked = ChatBlocked::yes;  // the group, not its members
                  return true;
                }
                if (!row.contact || row.contact->value < kFirstId) {
                  return fail(
                      Errc::invalid_argument,
                      fmt::format("chat {} cannot be blocked: it is with no peer", row.id.value));
                }
                EDGE_TRY(store::ContactRow contact, store::load_contact(scope, *row.contact));
                contact.blocked = true;
                EDGE_CHECK(store::update_contact(scope, contact));
                EDGE_CHECK(kernel::Core::emit(tx, scope.account, ContactsChanged{contact.id}));
                row.blocked = ChatBlocked::yes;
                return true;
              });
}

void Chats::remove(AccountId account, ChatId chat, base::Completion<> done) {
  remove_portion(account, chat, core_.store.make_room_to_delete() ? 1 : 0, std::move(done));
}

// Deletes a few messages in each write, so that other writes run in between and a full disk has
// room for each; the last write deletes the chat itself. After a crash the call can be repeated.
// `rounds` counts how often it began within the reserve.
void Chats::remove_portion(AccountId account, ChatId chat, int rounds, base::Completion<> done) {
  const bool tight = rounds > 0;
  core_.write<bool>(
      account,
      [this, chat, tight](store::Tx& tx, const store::Scope& scope,
                          const kernel::AccountState& state) -> base::Result<bool> {
        const std::size_t portion = tight ? 10 : 500;
        EDGE_TRY(const ChatRow row, store::load_chat(scope, chat));
        EDGE_TRY(auto marks,
                 store::messages_of_chat(scope, chat, static_cast<std::int64_t>(portion + 1)));
        const bool more = marks.size() > portion;
        if (more) marks.resize(portion);
        const kernel::WriteContext write{core_, tx, scope, state};
        files::RemovedFiles files(core_, state);
        for (const store::MessageMark& mark : marks) {
          EDGE_CHECK(protection::protected_message_removed(write, mark.id));
          EDGE_CHECK(files::remove_message(tx, scope, mark.id, files));
          if (mark.type == Viewtype::webxdc) EDGE_CHECK(write.emit(WebxdcInstanceDeleted{mark.id}));
        }
        if (tight && !more) tx.scrub();  // then the reserve is taken again
        if (more) {
          files.remove_after(tx);
          return true;
        }
        if (!tight) {
          EDGE_CHECK(write.protocol().sync_devices(
              write, {kernel::ChatNews{chat, kernel::ChatNews::What::removed}}));
        }
        if (row.draft) EDGE_CHECK(files::remove_message(tx, scope, *row.draft, files));
        EDGE_CHECK(groups::forget_group(write, chat, files));
        EDGE_CHECK(store::delete_chat(scope, chat));
        files.remove_after(tx);
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatDeleted{chat}));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatlistChanged{}));
        return false;
      },
      [this, account, chat, rounds, done = std::move(done)](base::Result<bool> more) mutable {
        if (!more && more.error().code == Errc::exhausted && rounds < files::kMostRoundsInReserve) {
          return files::go_on_in_reserve(
              core_, std::move(done), [this, account, chat, rounds](base::Completion<> answer) {
                remove_portion(account, chat, rounds + 1, std::move(answer));
              });
        }
        if (more && *more) return remove_portion(account, chat, rounds, std::move(done));
        if (rounds > 0) core_.store.renew_reserve();  // before others take its room
        if (!more) return done(std::move(more).error());
        done({});
      });
}

void Chats::mark_noticed(AccountId account, ChatId chat, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, chat](store::Tx& tx, const store::Scope& scope,
                   const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        if (chat == kArchiveLink) return notice_chats(write, archived);
        EDGE_TRY(const ChatRow row, store::load_chat(scope, chat));
        return notice_chat(write, row.id);
      },
      std::move(done));
}

void Chats::mark_all_noticed(AccountId account, base::Completion<> done) {
  core_.write<void>(
      account,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return notice_chats({core_, tx, scope, state}, [](const ChatRow&) { return true; });
      },
      std::move(done));
}

void Chats::mark_fresh(AccountId account, ChatId chat, base::Completion<> done) {
  core_.write<void>(
      account,
      [chat](store::Tx& tx, const store::Scope& scope,
             const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(const ChatRow row, store::load_chat(scope, chat));
        EDGE_TRY(const bool changed, store::freshen_newest(scope, row.id));
        return changed ? chats::emit_changed(tx, state.id, row.id, MsgId()) : base::Result<>{};
      },
      std::move(done));
}

void Chats::set_visibility(AccountId account, ChatId chat, Visibility visibility,
                           base::Completion<> done) {
  change_chat(
      core_, account, chat, kernel::ChatNews::What::visibility, std::move(done),
      [visibility](store::Tx& tx, const store::Scope& scope, ChatRow& row) -> base::Result<bool> {
        if (row.visibility == visibility) return false;
        row.visibility = visibility;
        if (visibility != Visibility::archived) return true;
        // Archiving marks the chat's messages as noticed.
        EDGE_TRY(const auto changed, store::notice_messages(scope, row.id));
        if (changed > 0) EDGE_CHECK(kernel::Core::emit(tx, scope.account, MsgsNoticed{row.id}));
        return true;
      });
}

void Chats::set_mute(AccountId account, ChatId chat, MuteState mute, base::Completion<> done) {
  change_chat(core_, account, chat, kernel::ChatNews::What::mute, std::move(done),
              [mute](store::Tx&, const store::Scope&, ChatRow& row) -> base::Result<bool> {
                const std::int64_t until = !mute.muted       ? 0
                                           : mute.until == 0 ? ChatRow::kMutedForEver
                                                             : mute.until;
                const bool changed = row.muted_until != until;
                row.muted_until = until;
                return changed;
              });
}

}  // namespace messaging
