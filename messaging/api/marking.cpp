// Messages::mark_seen, Messages::remove and Messages::remove_for_all.
#include "messaging/api/marking.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>

#include "messaging/api/chat_sending.h"
#include "messaging/api/marking.h"
#include "messaging/api/message_removal.h"
#include "messaging/api/messages.h"
#include "messaging/chats/abilities.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/portions.h"
#include "messaging/kernel/protocol.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_access.h"
#include "store/tables/config_values.h"

namespace messaging {
namespace {

constexpr std::size_t kMarkedAtOnce = 500;   // messages per write
constexpr std::size_t kTightPortion = 10;    // on a full disk
constexpr std::size_t kRecalledAtOnce = 50;  // each is sealed for every member

// get_next_msgs continues after the highest message that was marked seen.
base::Result<> raise_last_msg_id(const store::Scope& scope, std::uint32_t highest) {
  EDGE_TRY(const auto last, store::find_config_value(scope, "last_msg_id"));
  std::uint32_t old = 0;
  if (last) std::from_chars(last->data(), last->data() + last->size(), old);
  if (highest <= old) return {};
  return store::set_config_value(scope, "last_msg_id", std::to_string(highest));
}

// Whether to send a read receipt for this message.
base::Result<bool> needs_receipt(const store::Scope& scope, const store::MessageMark& mark) {
  if (mark.is_info || mark.from.value < kFirstId) return false;
  EDGE_TRY(const auto enabled, store::find_config_value(scope, "mdns_enabled"));
  if (enabled == "0") return false;
  const auto chat = store::load_chat(scope, mark.chat);
  if (!chat && chat.error().code != base::Errc::sealed) return chat.error();
  return chat && chat->blocked == store::ChatBlocked::no;
}

}  // namespace

base::Result<> mark_messages_seen(const kernel::WriteContext& write,
                                  std::span<const MsgId> messages) {
  std::set<ChatId> noticed;
  std::uint32_t highest = 0;
  for (const MsgId message : messages) {
    EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
    if (!mark) continue;
    highest = std::max(highest, message.value);
    EDGE_TRY(const bool seen, store::set_message_state(write.scope, message, MsgState::in_seen));
    if (!seen) continue;
    noticed.insert(mark->chat);
    EDGE_CHECK(chats::start_timer(write, message));
    EDGE_TRY(const bool wanted, needs_receipt(write.scope, *mark));
    if (wanted && chats::sends_read_receipts(write))
      EDGE_CHECK(outbox::queue_read_receipt(write, mark->from, mark->uuid, write.tx.now()));
  }
  for (const ChatId chat : noticed) EDGE_CHECK(write.emit(MsgsNoticed{chat}));
  return raise_last_msg_id(write.scope, highest);
}

namespace {

// Accepts ids of messages that were deleted before; refuses an id that never existed.
base::Result<> check_known(const store::Scope& scope, const std::vector<MsgId>& messages) {
  for (const MsgId message : messages) {
    EDGE_TRY(const auto mark, store::find_message_mark(scope, message));
    if (mark) continue;
    EDGE_TRY(const bool once, store::was_message(scope, message));
    if (!once || message.value < kFirstId)
      EDGE_CHECK(store::load_message(scope, message));  // its error names the missing message
  }
  return {};
}

// Our other devices delete them too.
base::Result<> sync_removal(const kernel::WriteContext& write, std::span<const MsgId> messages) {
  kernel::RemovalNews news;
  for (const MsgId message : messages) {
    EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
    if (mark && !mark->is_info && mark->state != MsgState::out_draft) {
      news.messages.push_back(mark->uuid);
    }
  }
  if (news.messages.empty()) return {};
  return write.protocol().sync_devices(write, {std::move(news)});
}

// Checks all before the first is recalled.
base::Result<> check_own(const store::Scope& scope, const kernel::AccountState& account,
                         const std::vector<MsgId>& messages) {
  std::set<ChatId> checked;
  for (const MsgId message : messages) {
    EDGE_TRY(const store::MessageRow row, store::load_message(scope, message));
    if (row.from != kSelf || row.is_info) {
      return base::fail(base::Errc::invalid_argument,
                        fmt::format("Msg#{}: only own messages can be deleted for all; "
                                    "delete_messages deletes it here",
                                    message.value));
    }
    if (!checked.insert(row.chat).second) continue;
    EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
    EDGE_CHECK(check_can_send(scope, account, chat));
  }
  return {};
}

// Sends the deletion to everybody who got the message.
base::Result<> recall(const kernel::WriteContext& write, MsgId message) {
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
  if (!mark || mark->state == MsgState::out_draft) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, mark->chat));
  return queue_change(write, chat, message, store::ChangeKind::deletion, write.tx.now(), "");
}

}  // namespace

base::Result<> remove_messages(const kernel::WriteContext& write, std::span<const MsgId> messages) {
  files::RemovedFiles files(write.core, write.account);
  std::set<ChatId> chats;
  for (const MsgId message : messages) {
    EDGE_TRY(const auto mark, store::find_message_mark(write.scope, message));
    if (!mark) continue;
    EDGE_CHECK(protection::protected_message_removed(write, message));
    EDGE_CHECK(files::remove_message(write.tx, write.scope, message, files));
    if (mark->type == Viewtype::webxdc) EDGE_CHECK(write.emit(WebxdcInstanceDeleted{message}));
    EDGE_CHECK(write.emit(MsgDeleted{mark->chat, message}));
    if (mark->is_pinned) EDGE_CHECK(write.emit(PinnedMessagesChanged{mark->chat}));
    chats.insert(mark->chat);
  }
  for (const ChatId chat : chats) {
    EDGE_CHECK(chats::emit_changed(write.tx, write.account.id, chat, MsgId()));
  }
  files.remove_after(write.tx);
  return {};
}

void Messages::mark_seen(AccountId account, std::vector<MsgId> messages, base::Completion<> done) {
  kernel::in_portions(
      core_, account, kernel::each_once(std::move(messages)), kMarkedAtOnce,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state,
             std::span<const MsgId> some) {
        return mark_messages_seen({core_, tx, scope, state}, some);
      },
      std::move(done));
}

void Messages::remove(AccountId account, std::vector<MsgId> messages, base::Completion<> done) {
  messages = kernel::each_once(std::move(messages));
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    if (auto known = check_known(read->scope(), messages); !known) return done(std::move(known));
  }
  remove_some(account, std::move(messages), core_.store.make_room_to_delete() ? 1 : 0,
              std::move(done));
}

void Messages::remove_for_all(AccountId account, std::vector<MsgId> messages,
                              base::Completion<> done) {
  messages = kernel::each_once(std::move(messages));
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    if (auto own = check_own(read->scope(), *read->account, messages); !own) {
      return done(std::move(own));
    }
  }
  kernel::in_portions(
      core_, account, std::move(messages), kRecalledAtOnce,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state,
             std::span<const MsgId> some) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        for (const MsgId message : some) EDGE_CHECK(recall(write, message));
        return remove_messages(write, some);
      },
      std::move(done));
}

// `rounds` counts how often it began within the reserve.
void Messages::remove_some(AccountId account, std::vector<MsgId> messages, int rounds,
                           base::Completion<> done) {
  const bool tight = rounds > 0;
  const std::optional<MsgId> last =
      messages.empty() ? std::nullopt : std::optional(messages.back());
  auto ended = [this, account, messages, rounds,
                done = std::move(done)](base::Result<> result) mutable {
    if (result || result.error().code != base::Errc::exhausted ||
        rounds == files::kMostRoundsInReserve) {
      if (rounds > 0) core_.store.renew_reserve();  // before others take its room
      return done(std::move(result));
    }
    // Skips messages that are deleted already.
    files::go_on_in_reserve(
        core_, std::move(done),
        [this, account, messages = std::move(messages), rounds](base::Completion<> answer) mutable {
          remove_some(account, std::move(messages), rounds + 1, std::move(answer));
        });
  };
  kernel::in_portions(
      core_, account, std::move(messages), tight ? kTightPortion : kMarkedAtOnce,
      [this, tight, last](store::Tx& tx, const store::Scope& scope,
                          const kernel::AccountState& state,
                          std::span<const MsgId> some) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        if (tight) {
          // Last, so that the reserve is taken again.
          if (!some.empty() && some.back() == last) tx.scrub();
        } else if (auto synced = sync_removal(write, some); !synced) {
          return synced;
        }
        return remove_messages(write, some);
      },
      std::move(ended));
}

}  // namespace messaging
