#include "messaging/peering/relayed.h"

#include <utility>

#include "base/wire.h"
#include "crypto/hash.h"
#include "messaging/kernel/core.h"
#include "messaging/peering/incoming.h"
#include "messaging/peering/relay_choice.h"
#include "store/tables/deposit_tokens.h"

namespace messaging::peering {
namespace {

constexpr base::Millis kRegistrationPatience = 3'000;

// Equal for all keys of one contact, and random to everybody without the account's secret.
std::array<std::uint8_t, 16> pseudonym_of(const kernel::AccountState& account,
                                          const store::DepositTokenRow& token) {
  base::WireWriter claim;
  claim.fixed(base::as_bytes("privitty-edge relay pseudonym"));
  claim.u8(token.contact ? 1 : 2).i64(token.contact ? token.contact->value : token.owner_id);
  claim.u8(token.contact ? 0 : static_cast<std::uint8_t>(token.purpose));
  return crypto::blake2b<16>(claim.view(), account.identity.seed().view());
}

}  // namespace

std::vector<RelayAccount> Relayed::accounts() const {
  std::vector<RelayAccount> out;
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    if (!account->relay || !account->io_on) continue;
    out.push_back({account->id, *account->relay,
                   peering::relay_owner(account->identity, account->relay->url)});
  }
  return out;
}

base::Result<std::vector<WantedKey>> Relayed::keys(base::AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto tokens, store::list_deposit_tokens(read.scope()));
  std::vector<WantedKey> out;
  out.reserve(tokens.size());
  for (const store::DepositTokenRow& token : tokens) {
    if (token.blocked) continue;
    WantedKey key;
    key.key_id = token.key_id;
    key.key = deposit_key({token.token});
    key.contact = token.purpose == store::TokenPurpose::contact;
    key.pseudonym = pseudonym_of(*read.account, token);
    out.push_back(key);
  }
  return out;
}

void Relayed::accept(base::AccountId account, std::vector<RelayedEnvelope> envelopes,
                     base::Completion<bool> done) {
  incoming_.accept_relayed(account, std::move(envelopes), std::move(done));
}

void Relayed::on_change(std::function<void(Change, base::AccountId)> listener) {
  base::Lock lock(mutex_);
  listener_ = std::move(listener);
}

void Relayed::notify_listener(Change change, base::AccountId account) {
  std::function<void(Change, base::AccountId)> listener;
  {
    base::Lock lock(mutex_);
    listener = listener_;
  }
  if (listener) listener(change, account);
}

void Relayed::link_changed(base::AccountId account, bool connected, const std::string& problem) {
  {
    base::Lock lock(mutex_);
    State& state = states_[account];
    const bool news =
        state.connected != connected || (!problem.empty() && state.problem != problem);
    state.connected = connected;
    if (connected || !problem.empty()) state.problem = problem;
    if (!news) return;
  }
  core_.write<void>(
      account,
      [problem](store::Tx& tx, const store::Scope&,
                const kernel::AccountState& state) -> base::Result<> {
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ConnectivityChanged{}));
        return problem.empty() ? base::Result<>{}
                               : kernel::Core::emit(tx, state.id, Error{problem});
      },
      [](const base::Result<>&) {});
}

bool Relayed::connected(base::AccountId account) const {
  base::Lock lock(mutex_);
  const auto found = states_.find(account);
  return found != states_.end() && found->second.connected;
}

void Relayed::when_registered(base::AccountId account, base::Completion<> done) {
  const auto state = core_.directory.get(account);
  bool waits = false;
  {
    base::Lock lock(mutex_);
    waits = state && (*state)->relay && (*state)->io_on && listener_;
    if (waits) {
      State& of = states_[account];
      of.waiting.push_back(
          {of.version, core_.clock.uptime() + kRegistrationPatience, std::move(done)});
    }
  }
  // `done` was moved only if it waits. NOLINTNEXTLINE(bugprone-use-after-move)
  if (!waits) return done({});
  notify_listener(Change::keys, account);
}

void Relayed::keys_registered(base::AccountId account, std::uint64_t version) {
  std::vector<Waiting> due;
  {
    base::Lock lock(mutex_);
    auto& waiting = states_[account].waiting;
    for (Waiting& one : waiting) {
      if (one.version <= version) due.push_back(std::move(one));
    }
    std::erase_if(waiting, [](const Waiting& one) { return !one.done; });
  }
  for (Waiting& one : due) one.done({});
}

std::uint64_t Relayed::version(base::AccountId account) const {
  base::Lock lock(mutex_);
  const auto found = states_.find(account);
  return found == states_.end() ? 0 : found->second.version;
}

void Relayed::expire_waiting() {
  std::vector<Waiting> due;
  {
    base::Lock lock(mutex_);
    const base::Millis now = core_.clock.uptime();
    for (auto& [account, state] : states_) {
      for (Waiting& one : state.waiting) {
        if (one.until <= now) due.push_back(std::move(one));
      }
      std::erase_if(state.waiting, [](const Waiting& one) { return !one.done; });
    }
  }
  for (Waiting& one : due) one.done({});
}

// Temporary triggers, which exist only on the writer's connection, count every change of a token,
// so that no rule that changes tokens can omit the notification.
base::Result<> Relayed::prepare(store::Tx& tx) {
  return tx.db().script(R"sql(
    CREATE TEMP TABLE IF NOT EXISTS key_change(
      account_id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
    CREATE TEMP TRIGGER IF NOT EXISTS key_added AFTER INSERT ON main.deposit_token BEGIN
      INSERT INTO key_change VALUES(NEW.account_id, 1)
        ON CONFLICT(account_id) DO UPDATE SET version = version + 1;
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS key_removed AFTER DELETE ON main.deposit_token BEGIN
      INSERT INTO key_change VALUES(OLD.account_id, 1)
        ON CONFLICT(account_id) DO UPDATE SET version = version + 1;
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS key_changed AFTER UPDATE OF purpose ON main.deposit_token BEGIN
      INSERT INTO key_change VALUES(NEW.account_id, 1)
        ON CONFLICT(account_id) DO UPDATE SET version = version + 1;
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS key_blocked AFTER UPDATE OF blocked ON main.contact
      WHEN OLD.blocked != NEW.blocked BEGIN
      INSERT INTO key_change VALUES(NEW.account_id, 1)
        ON CONFLICT(account_id) DO UPDATE SET version = version + 1;
    END;
  )sql");
}

base::Result<> Relayed::notice(store::Tx& tx, base::AccountId account) {
  EDGE_TRY(const auto count,
           tx.db().integer("SELECT version FROM temp.key_change WHERE account_id = ?1", account));
  if (!count) return {};
  {
    base::Lock lock(mutex_);
    if (states_[account].noticed == *count) return {};
  }
  tx.on_commit([this, account, count = *count] {
    {
      base::Lock lock(mutex_);
      State& state = states_[account];
      if (state.noticed == count) return;
      state.noticed = count;
      ++state.version;
    }
    notify_listener(Change::keys, account);
  });
  return {};
}

void Relayed::homes_changed(base::AccountId account) { notify_listener(Change::accounts, account); }

}  // namespace messaging::peering
