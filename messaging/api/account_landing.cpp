#include "messaging/api/account_landing.h"

#include <fmt/format.h>

#include <chrono>

#include "base/log.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/imex_progress.h"
#include "messaging/api/moving.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/delivery/courier.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/signals.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/peering/relay_choice.h"
#include "messaging/peering/relayed.h"
#include "messaging/peering/restored_sessions.h"
#include "store/backup/landing.h"
#include "store/schema/migrations.h"

namespace messaging {
namespace {

constexpr std::chrono::seconds kRemovalTakes{30};  // at most

void forget_account(const Landing& landing, AccountId account) {
  landing.core.directory.erase(account);
  landing.relayed.homes_changed(account);
  landing.courier.forget(account);
}

// Restores the unused account that was there before.
void take_back(const Landing& landing, const kernel::AccountPtr& had) {
  landing.core.directory.put(had);
  landing.relayed.homes_changed(had->id);
}

// Two accounts with one identity would take each other's messages.
base::Result<> check_identity(const kernel::Core& core, AccountId into,
                              const store::backup::DumpHead& head) {
  const crypto::Identity identity = crypto::Identity::from_seed(head.seed.view());
  for (const kernel::AccountPtr& account : core.directory.all()) {
    if (account->id != into && account->identity.public_key() == identity.public_key()) {
      return base::fail(base::Errc::already_exists,
                        fmt::format("the account of this backup is here already, as account {}; an"
                                    " account lives in one place",
                                    account->id.value));
    }
  }
  return {};
}

// The rows of a removed account are deleted some time after its removal.
base::Result<> begin(const Landing& landing, AccountId account, const store::backup::DumpHead& head,
                     const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + kRemovalTakes;
  for (;;) {
    const std::uint64_t removed = landing.core.removals->ended();
    auto begun = landing.core.store.write_now<void>(
        [&](store::Tx& tx) { return store::backup::begin_landing(tx, account, head); });
    const bool again = !begun && begun.error().code == base::Errc::unavailable &&
                       std::chrono::steady_clock::now() < until && !stop.stop_requested();
    if (!again) return begun;
    landing.core.removals->wait(removed, stop, until);
  }
}

base::Result<store::Uuid> finish(const Landing& landing, AccountId account,
                                 const store::backup::DumpHead& head) {
  kernel::Core& core = landing.core;
  return core.store.write_now<store::Uuid>([&](store::Tx& tx) -> base::Result<store::Uuid> {
    EDGE_TRY(const store::backup::Landed landed, store::backup::finish_landing(tx, account, head));
    const store::AccountKey key = tx.vault().account(landed.row.uuid);
    const store::Scope scope{tx.db(), tx.vault(), key, landed.row.id};
    EDGE_TRY(const auto member_key, chats::own_mail_key(scope));
    const kernel::AccountPtr state =
        account_state(core, landed.row, is_configured(scope), member_key);
    const kernel::WriteContext write{core, tx, scope, *state};
    EDGE_CHECK(set_moved_mark(scope, std::nullopt));
    EDGE_CHECK(peering::reconnect_all(write));
    EDGE_CHECK(write.emit(AccountsChanged{}));
    EDGE_CHECK(write.emit(ContactsChanged{}));
    EDGE_CHECK(write.emit(MsgsChanged{}));
    EDGE_CHECK(write.emit(ChatlistChanged{}));
    EDGE_CHECK(write.emit(ConnectivityChanged{}));
    EDGE_TRY(auto relay, peering::find_relay_home(core, scope, state->identity));
    tx.on_commit([&core, state, relay = std::move(relay)] {
      core.store.renew_readers();
      core.directory.put(state);
      if (relay) core.directory.set_relay(state->id, relay);
      core.signals->relay_changed(state->id);
    });
    return landed.had;
  });
}

// Contacts are asked at once; maintenance asks again those that did not answer.
void reconnect(const Landing& landing, AccountId account) {
  landing.core.write<void>(
      account,
      [core = &landing.core](store::Tx& tx, const store::Scope& scope,
                             const kernel::AccountState& state) {
        return peering::reconnect_due({*core, tx, scope, state});
      },
      [account, courier = &landing.courier](const base::Result<>& begun) {
        if (!begun) {
          base::log::warning("account {}: sessions are begun later: {}", account.value,
                             begun.error().message);
        }
        courier->poke();
      });
}

}  // namespace

base::Result<> check_unused(const kernel::Core& core, AccountId account) {
  EDGE_TRY(auto read, core.read(account));
  EDGE_TRY(const bool unused, store::backup::is_unused(*read.reader, account));
  if (unused) return {};
  return base::fail(
      base::Errc::already_exists,
      fmt::format("Cannot import backups to accounts in use: account {} has contacts, chats or"
                  " messages; add_account makes one for it",
                  account.value));
}

base::Result<> land_account(const Landing& landing, AccountId account,
                            store::backup::RecordSource& source, const std::stop_token& stop,
                            ImexReporter& reporter) {
  kernel::Core& core = landing.core;
  const auto progress = [&](std::uint64_t done, std::uint64_t all) { reporter.done(done, all); };
  EDGE_TRY(const kernel::AccountPtr had, core.directory.get(account));
  EDGE_CHECK(check_unused(core, account));
  reporter.step(0, 600);
  EDGE_TRY(const auto staged, store::backup::StagedAccount::read(
                                  core.store.dir(), source, store::migrations(), stop, progress));
  EDGE_CHECK(check_identity(core, account, staged->head()));

  reporter.step(600, 950);
  forget_account(landing, account);
  if (auto begun = begin(landing, account, staged->head(), stop); !begun) {
    take_back(landing, had);
    return begun;
  }
  const auto fill = [&]() -> base::Result<store::Uuid> {
    EDGE_CHECK(store::backup::land_files(core.store, *staged));
    EDGE_CHECK(store::backup::land_rows(core.store, account, *staged, stop, progress));
    return finish(landing, account, staged->head());
  };
  const base::Result<store::Uuid> replaced = fill();
  if (!replaced) {
    core.store.make_room_to_delete();
    if (auto undone = store::backup::undo_landing(core.store, account); !undone) {
      base::log::error("account {}: an import failed and is undone at the next start: {}",
                       account.value, undone.error().message);
    } else {
      take_back(landing, had);
    }
    return replaced.error();
  }
  core.store.vault().forget(*replaced);
  core.store.vault().disown(*replaced);
  if (auto gone = core.store.blobs().remove_account(*replaced); !gone) {
    base::log::warning("files of an account that was replaced are left: {}", gone.error().message);
  }
  reconnect(landing, account);
  if (landing.mails != nullptr) landing.mails->io_changed(account);
  return {};
}

base::Result<> undo_landings(kernel::Core& core) {
  if (core.store.health().writes_refused()) return {};
  return store::backup::undo_landings(core.store);
}

}  // namespace messaging
