#include "messaging/groups/pending_states.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/kernel/core.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/groups.h"
#include "store/tables/pending_states.h"

namespace messaging::groups {
namespace {

constexpr std::size_t kLookedAt = 32;  // members checked in one write
constexpr std::size_t kStatesInWrite = 4;
constexpr std::size_t kBytes = 256 * 1024;  // of states, in one write

}  // namespace

base::Result<> add_pending_state_for_all(const kernel::WriteContext& write,
                                         const chats::Group& group, ContactId cause) {
  EDGE_CHECK(store::add_pending_state_for_all(write.scope, group.row.chat));
  write.signal(&kernel::Signals::states_pending, group.row.chat, cause);
  return {};
}

base::Result<> add_pending_state(const kernel::WriteContext& write, const chats::Group& group,
                                 ContactId member) {
  EDGE_CHECK(store::add_pending_state(write.scope, group.row.chat, member));
  write.signal(&kernel::Signals::states_pending, group.row.chat, member);
  return {};
}

PendingStates::PendingStates(kernel::Core& core)
    : core_(core),
      caused_(core.clock, kernel::kStatesCausedRule),
      sent_(core.clock, kernel::kStatesSentRule),
      asked_(core.clock, kernel::kStatesAskedRule) {}

void PendingStates::resume(AccountId account) {
  auto read = core_.read(account);
  if (!read) return;
  const auto chats = store::chats_with_pending_states(read->scope());
  if (!chats) return;
  for (const ChatId chat : *chats) begin(account, chat, ContactId());
}

void PendingStates::begin(AccountId account, ChatId chat, ContactId cause) {
  const Key key{account, chat};
  {
    base::Lock lock(mutex_);
    const auto [work, fresh] = working_.try_emplace(key, Work{cause, false});
    if (!fresh) {
      work->second.again = true;
      if (cause.valid()) work->second.cause = cause;
      return;
    }
  }
  go_on(key, ContactId());
}

void PendingStates::go_on(const Key& key, ContactId after) {
  ContactId cause;
  {
    base::Lock lock(mutex_);
    cause = working_[key].cause;
  }
  core_.write<Slice>(
      key.first,
      [this, chat = key.second, after, cause](store::Tx& tx, const store::Scope& scope,
                                              const kernel::AccountState& state) {
        return send_to_some({core_, tx, scope, state}, chat, after, cause);
      },
      [this, key](base::Result<Slice> sent) {
        if (sent && sent->more) return go_on(key, sent->after);
        if (!sent && !core_.closing) {
          base::log::warning("account {}: the state of a group was not sent to its members: {}",
                             key.first.value, sent.error().message);
        }
        ended(key, sent.ok());
      });
}

void PendingStates::ended(const Key& key, bool good) {
  {
    base::Lock lock(mutex_);
    const auto work = working_.find(key);
    if (!good || !std::exchange(work->second.again, false)) {
      working_.erase(work);
      return;
    }
  }
  go_on(key, ContactId());
}

base::Result<PendingStates::Slice> PendingStates::send_to_some(const kernel::WriteContext& write,
                                                               ChatId chat, ContactId after,
                                                               ContactId cause) {
  Slice slice{after, false};
  EDGE_TRY(const auto pending, store::pending_states(write.scope, chat, after, kLookedAt));
  if (pending.empty()) return slice;
  EDGE_TRY(const chats::Group group, chats::load_group(write.scope, chat));
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const store::PendingState& one : pending) {
    if (count == kStatesInWrite || bytes > kBytes) break;
    EDGE_TRY(const auto contact, store::find_contact(write.scope, one.contact));
    const MemberKey key = (contact ? chats::key_of(*contact) : std::nullopt).value_or(MemberKey{});
    const GroupState shown = shown_to(group.state, key);
    EDGE_TRY(const auto member, store::find_member(write.scope, chat, one.contact));
    const bool first = one.image == store::PendingUpdate::first;
    const bool with_image = one.image == store::PendingUpdate::with_image;
    const bool has_it =
        one.image == store::PendingUpdate::state && member && member->sent_state == shown.digest();
    if (has_it || !group.row.self_present || !group.state.has(key)) {
      EDGE_CHECK(store::settle_state(write.scope, chat, one.contact));
      if (first) {
        EDGE_CHECK(outbox::give_up_place(write, one.contact, promotion_uuid(group.row.uuid)));
      }
    } else if (!with_image || asked_.take(write.account.id, one.contact, 1) == 0) {
      const std::size_t size = encode(shown).size();
      const auto price = static_cast<double>(size);
      if (sent_.take(write.account.id, one.contact, price) == 0) {
        const bool ours = cause == kSelf;
        if (!ours && caused_.take(write.account.id, cause, price) > 0) return slice;
        EDGE_CHECK(first ? send_first_state(write, group, one.contact)
                         : send_to_member(write, group, one.contact, {.with_image = with_image}));
        ++count;
        bytes += size;
      }
    }
    slice.after = one.contact;
  }
  slice.more = pending.size() == kLookedAt || slice.after != pending.back().contact;
  return slice;
}

}  // namespace messaging::groups
