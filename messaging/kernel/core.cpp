#include "messaging/kernel/core.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "messaging/kernel/file_worker.h"

namespace messaging::kernel {

base::Result<AccountPtr> AccountDirectory::get(AccountId account) const {
  base::Lock lock(mutex_);
  for (const AccountPtr& state : accounts_) {
    if (state->id == account) return state;
  }
  return unknown(account);
}

base::Error AccountDirectory::unknown(AccountId account) {
  return base::fail(base::Errc::not_found, fmt::format("account {} not found", account.value));
}

bool AccountDirectory::holds(const AccountState& state) const {
  base::Lock lock(mutex_);
  return std::any_of(accounts_.begin(), accounts_.end(), [&](const AccountPtr& one) {
    return one->id == state.id && one->uuid == state.uuid;
  });
}

AccountPtr AccountDirectory::by_mailbox(const std::string& mailbox) const {
  base::Lock lock(mutex_);
  for (const AccountPtr& state : accounts_) {
    const bool is_here =
        std::any_of(state->ways_in.begin(), state->ways_in.end(), [&](const store::WayIn& way) {
          return way.kind == ProtocolKind::gateway && way.mailbox == mailbox;
        });
    if (is_here || (state->relay && state->relay->mailbox == mailbox)) return state;
  }
  return nullptr;
}

std::vector<AccountPtr> AccountDirectory::all() const {
  base::Lock lock(mutex_);
  return accounts_;
}

void AccountDirectory::put(AccountPtr account) {
  base::Lock lock(mutex_);
  for (AccountPtr& state : accounts_) {
    if (state->id == account->id) {
      state = std::move(account);
      return;
    }
  }
  accounts_.push_back(std::move(account));
}

// The state is shared and immutable: a changed copy replaces it.
void AccountDirectory::change(AccountId account, const std::function<void(AccountState&)>& change) {
  base::Lock lock(mutex_);
  for (AccountPtr& state : accounts_) {
    if (state->id != account) continue;
    auto changed = std::make_shared<AccountState>(
        AccountState{.id = state->id,
                     .uuid = state->uuid,
                     .ways_in = state->ways_in,
                     .identity = crypto::Identity::from_seed(state->identity.seed().view()),
                     .key = state->key,
                     .io_on = state->io_on,
                     .relay = state->relay,
                     .configured = state->configured,
                     .elsewhere = state->elsewhere,
                     .member_key = state->member_key});
    change(*changed);
    state = std::move(changed);
  }
}

void AccountDirectory::set_io(AccountId account, bool on) {
  if (const auto state = get(account); state && (*state)->io_on == on) return;
  change(account, [on](AccountState& state) { state.io_on = on; });
}

void AccountDirectory::set_elsewhere(AccountId account, bool elsewhere) {
  change(account, [&](AccountState& state) { state.elsewhere = elsewhere; });
}

void AccountDirectory::set_relay(AccountId account, std::optional<RelayHome> relay) {
  change(account, [&](AccountState& state) { state.relay = std::move(relay); });
}

void AccountDirectory::set_addr(AccountId account, std::string addr) {
  change(account, [&](AccountState& state) {
    state.ways_in.front().addr = std::move(addr);
    state.configured = true;
  });
}

void AccountDirectory::set_member_key(AccountId account, const MemberKey& key) {
  change(account, [&](AccountState& state) { state.member_key = key; });
}

void AccountDirectory::set_ways_in(AccountId account, std::vector<store::WayIn> ways) {
  change(account, [&](AccountState& state) { state.ways_in = std::move(ways); });
}

void AccountDirectory::order(const std::vector<AccountId>& accounts) {
  base::Lock lock(mutex_);
  const auto place = [&](const AccountPtr& account) {
    return std::find(accounts.begin(), accounts.end(), account->id) - accounts.begin();
  };
  std::stable_sort(accounts_.begin(), accounts_.end(),
                   [&](const auto& one, const auto& other) { return place(one) < place(other); });
}

void AccountDirectory::erase(AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(accounts_, [&](const AccountPtr& state) { return state->id == account; });
}

Core::Core(store::Store& s, const base::Clock& c, EngineOptions o)
    : store(s),
      clock(c),
      options(std::move(o)),
      paths(options.paths),
      started_at(c.uptime()),
      steps(c, kStepRule),
      strangers(c, kStrangersRule),
      parking(c, kParkingRule),
      steady(std::make_unique<SteadyTime>(c, std::nullopt)),
      file_worker(std::make_unique<FileWorker>()) {
  store.writer().on_events([this](std::span<const store::LoggedEvent> logged) {
    if (listener) publish(logged);
  });
}

Core::~Core() = default;

// Writes under way refer to this object. The first flush finishes them, the second those that their
// completions began.
void Core::close() {
  file_worker->stop();
  closing.store(true, std::memory_order_release);
  store.writer().flush();
  store.writer().flush();
  store.writer().on_events({});
}

// Every event of this store was appended with its body as facts, by emit() or by Channels.
void Core::publish(std::span<const store::LoggedEvent> logged) {
  std::vector<Event> events;
  events.reserve(logged.size());
  for (const store::LoggedEvent& entry : logged) {
    if (auto* const facts = dynamic_cast<WrittenEvent*>(entry.facts.get())) {
      events.push_back({entry.id, entry.account, entry.at, std::move(facts->body)});
    } else {
      base::log::error("event {} was appended without its body and is not published",
                       entry.id.value);
    }
  }
  listener(events);
}

base::Result<Core::ReadScope> Core::read(AccountId account) const {
  EDGE_TRY(AccountPtr state, directory.get(account));
  EDGE_TRY(store::Reader reader, store.read());
  return ReadScope{std::move(reader), std::move(state), store.vault()};
}

base::Result<> Core::emit(store::Tx& tx, AccountId account, EventBody body) {
  const std::uint16_t kind = event_kind(body);
  const ChatId chat = chat_of(body);
  const base::Bytes encoded = encode_event(body);
  EDGE_CHECK(tx.append_event(account, kind, encoded, chat,
                             std::make_shared<WrittenEvent>(std::move(body))));
  return {};
}

}  // namespace messaging::kernel
