// Chats::set_timer, and Messages::expire, which removes what its timer or the account's setting
// delete_device_after says.
#include <charconv>

#include "base/log.h"
#include "crypto/random.h"
#include "messaging/api/chat_sending.h"
#include "messaging/api/chats.h"
#include "messaging/api/message_removal.h"
#include "messaging/api/messages.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/portions.h"
#include "messaging/model/content.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"
#include "store/tables/message_timers.h"

namespace messaging {
namespace {

constexpr std::size_t kFoundAtOnce = 1000;
constexpr std::size_t kRemovedAtOnce = 100;  // in one write

// Whether others take part in the chat's timer.
base::Result<bool> has_others(const store::Scope& scope, const store::ChatRow& chat) {
  if (chat.type == ChatType::single) return chat.contact && chat.contact->value >= kFirstId;
  EDGE_TRY(const auto group, store::find_group(scope, chat.id));
  return group && group->promoted;
}

base::Result<> send_timer(const kernel::WriteContext& write, const store::ChatRow& chat) {
  ChatTimer timer{std::nullopt, chats::timer_of(chat)};
  if (chat.type != ChatType::single) {
    EDGE_TRY(const auto group, store::find_group(write.scope, chat.id));
    if (group) timer.group = group->uuid;
  }
  return queue_for_chat(write, chat, Content{crypto::random_array<16>(), timer});
}

// The setting delete_device_after, in milliseconds; 0: it is off.
base::Result<base::Millis> longest_life(const store::Scope& scope) {
  EDGE_TRY(const auto value, store::find_config_value(scope, "delete_device_after"));
  std::int64_t seconds = 0;
  if (value) {
    const char* const end = value->data() + value->size();
    // A value of before is no number: it is off.
    if (std::from_chars(value->data(), end, seconds).ptr != end) return 0;
  }
  constexpr std::int64_t kLongest = 100LL * 31'557'600;
  return seconds <= 0 || seconds > kLongest ? 0 : seconds * 1000;
}

// Messages that are due, at most `most`.
base::Result<std::vector<MsgId>> due_messages(const store::Scope& scope, base::UnixMillis steady,
                                              base::UnixMillis now, std::size_t most) {
  EDGE_TRY(auto due, store::expired_messages(scope, steady, most));
  EDGE_TRY(const base::Millis life, longest_life(scope));
  if (life == 0 || due.size() == most) return due;
  EDGE_TRY(const auto saved, store::find_chat_by_contact(scope, kSelf));
  EDGE_TRY(const auto old, store::messages_before(scope, now - life, saved ? saved->id : ChatId(),
                                                  most - due.size()));
  due.insert(due.end(), old.begin(), old.end());
  return due;
}

}  // namespace

void Chats::set_timer(AccountId account, ChatId chat, std::uint32_t seconds,
                      base::Completion<> done) {
  core_.write<void>(
      account,
      [this, chat, seconds](store::Tx& tx, const store::Scope& scope,
                            const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(store::ChatRow row, store::load_chat(scope, chat));
        if (row.timer == seconds) return {};
        EDGE_TRY(const bool shared, has_others(scope, row));
        if (shared) EDGE_CHECK(check_can_send(scope, state, row));
        EDGE_CHECK(chats::set_timer(write, row, seconds, shared));
        return shared ? send_timer(write, row) : base::Result<>{};
      },
      std::move(done));
}

base::Result<std::uint32_t> Chats::timer(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const store::ChatRow row, store::load_chat(read.scope(), chat));
  return row.timer;
}

void Messages::expire(AccountId account, base::Completion<> done) {
  std::vector<MsgId> due;
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    auto found = due_messages(read->scope(), core_.steady->now(), core_.clock.now(), kFoundAtOnce);
    if (!found) return done(std::move(found).error());
    due = *std::move(found);
  }
  if (due.empty()) return done({});
  const bool more = due.size() == kFoundAtOnce;
  kernel::in_portions(
      core_, account, kernel::each_once(std::move(due)), kRemovedAtOnce,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state,
             std::span<const MsgId> some) {
        return remove_messages({core_, tx, scope, state}, some);
      },
      [this, account, more, done = std::move(done)](base::Result<> removed) mutable {
        if (removed && more) core_.signals->windows_changed(account);
        done(std::move(removed));
      });
}

}  // namespace messaging
