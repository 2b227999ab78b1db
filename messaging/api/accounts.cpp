#include "messaging/api/accounts.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "crypto/encoding.h"
#include "messaging/api/account_removal.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/moving.h"
#include "messaging/api/views.h"
#include "messaging/delivery/courier.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/model/api_version.h"
#include "messaging/model/native_address.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/incoming.h"
#include "store/tables/account_removal.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/selection.h"

namespace messaging {
namespace {

// The key by which the account's protocol knows it, in upper-case hex digits.
base::Result<std::string> own_fingerprint(const store::Scope& scope,
                                          const kernel::AccountState& account) {
  if (account.protocol() == kernel::ProtocolKind::gateway) {
    return account.identity.public_key().fingerprint();
  }
  EDGE_TRY(const store::ContactRow self, store::load_contact(scope, kSelf));
  const store::ContactKey* key = self.key(account.protocol());
  return key == nullptr ? std::string() : crypto::hex_encode_upper(key->fingerprint);
}

base::Result<Account> view_account(const kernel::Core& core, AccountId id) {
  EDGE_TRY(auto read, core.read(id));
  const store::Scope scope = read.scope();
  Account account;
  account.id = id;
  account.configured = read.account->configured;
  if (account.configured) account.addr = read.account->addr();
  EDGE_TRY(account.color_seed, own_fingerprint(scope, *read.account));
  // A value that does not open is left out.
  if (auto name = store::find_config_value(scope, "displayname"); name && *name) {
    account.display_name = plain_name(**name);
  }
  if (auto tag = store::find_config_value(scope, "private_tag"); tag && *tag) {
    account.private_tag = plain_name(**tag, kMaxLongName);
  }
  if (const auto self = store::find_contact(scope, kSelf); self && *self) {
    account.image = image_path({core, scope, *read.account}, (*self)->avatar_blob);
  }
  return account;
}

std::uint64_t file_size(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// Refuses an account that moved to another gateway. An account whose move was never confirmed stays
// here from now on.
base::Result<> stay_here(const store::Scope& scope) {
  EDGE_TRY(const auto mark, find_moved_mark(scope));
  if (!mark) return {};
  if (mark->state == MovedMark::State::taken) return moved_away(scope.account, *mark);
  return set_moved_mark(scope, std::nullopt);
}

std::string since(base::Millis span) {
  const auto seconds = span / 1000;
  return fmt::format("{}h {}m {}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// An account that has an address keeps it unless another is entered.
base::Result<std::string> chosen_address(const kernel::WriteContext& write,
                                         const Accounts::Login& login) {
  const std::string& now = write.account.addr();
  const bool configured = write.account.configured;
  if (write.account.protocol() == kernel::ProtocolKind::mail) {
    if (!login.addr && !login.domain) return now;
    return base::fail(base::Errc::forbidden,
                      "the account is reached by e-mail and speaks one protocol: add_account makes "
                      "another one for an address of a gateway");
  }
  if (login.addr) {
    return configured && *login.addr == now ? base::Result<std::string>(now)
                                            : native_address(*login.addr);
  }
  if (login.domain) {
    return configured && now.ends_with("@" + *login.domain) ? base::Result<std::string>(now)
                                                            : made_up_address(*login.domain);
  }
  EDGE_TRY(const auto entered, store::find_config_value(write.scope, "addr"));
  if (!entered || entered->empty() || *entered == now) return now;
  return native_address(*entered);
}

}  // namespace

base::Result<std::vector<Account>> Accounts::list() const {
  std::vector<Account> accounts;
  for (const kernel::AccountPtr& state : core_.directory.all()) {
    EDGE_TRY(Account account, view_account(core_, state->id));
    accounts.push_back(std::move(account));
  }
  return accounts;
}

base::Result<Account> Accounts::get(AccountId account) const {
  return view_account(core_, account);
}

void Accounts::add(base::Completion<AccountId> done) {
  core_.store.write<AccountId>(
      [core = &core_](store::Tx& tx) -> base::Result<AccountId> {
        EDGE_TRY(const kernel::AccountPtr account,
                 make_account(*core, tx,
                              {.profile = core->options.profile,
                               .display_name = {},
                               .configured = !core->options.accounts_by_clients}));
        return account->id;
      },
      std::move(done));
}

void Accounts::remove(AccountId account, base::Completion<> done) {
  const bool tight = core_.store.make_room_to_delete();
  core_.write<store::RemovedAccount>(
      account,
      [this, core = &core_](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<store::RemovedAccount> {
        EDGE_TRY(const auto selected, store::find_selection(tx.db()));
        EDGE_CHECK(store::begin_account_removal(tx.db(), scope.account));
        tx.scrub();  // its keys
        if (selected == state.id) {
          std::optional<AccountId> other;
          for (const kernel::AccountPtr& left : core->directory.all()) {
            if (left->id != state.id && !other) other = left->id;
          }
          EDGE_CHECK(store::select_account(tx.db(), other));
        }
        EDGE_CHECK(kernel::Core::emit(tx, state.id, AccountsChanged{}));
        tx.on_commit([this, core, id = state.id, uuid = state.uuid] {
          core->directory.erase(id);
          relayed_.homes_changed(id);
          courier_.forget(id);
          if (mails_ != nullptr) mails_->forget(id);
          core->store.vault().forget(uuid);
        });
        return store::RemovedAccount{state.id, state.uuid};
      },
      [core = &core_, tight,
       done = std::move(done)](base::Result<store::RemovedAccount> removed) mutable {
        if (!removed) return done(std::move(removed).error());
        finish_removal(*core, *removed, tight);
        done({});
      });
}

void Accounts::select(AccountId account, base::Completion<> done) {
  core_.write<void>(
      account,
      [](store::Tx& tx, const store::Scope& scope, const kernel::AccountState&) {
        return store::select_account(tx.db(), scope.account);
      },
      std::move(done));
}

base::Result<std::optional<AccountId>> Accounts::selected() const {
  EDGE_TRY(store::Reader reader, core_.store.read());
  return store::find_selection(reader.connection());
}

void Accounts::switch_io(AccountId account, bool on, base::Completion<> done) {
  {
    base::Lock lock(mutex_);
    if (on && held_.contains(account)) {
      return done(base::fail(base::Errc::unavailable,
                             "the account is being sent to another gateway; stop_ongoing_process"
                             " ends that"));
    }
  }
  core_.write<void>(
      account,
      [this, on](store::Tx& tx, const store::Scope& scope,
                 const kernel::AccountState& state) -> base::Result<> {
        if (on) EDGE_CHECK(stay_here(scope));
        if (on && !state.configured) {
          return kernel::Core::emit(
              tx, state.id, Warning{"can not start io on a context that is not configured"});
        }
        tx.on_commit([this, id = state.id, on] {
          core_.directory.set_io(id, on);
          if (on) core_.directory.set_elsewhere(id, false);
          relayed_.homes_changed(id);
          if (on) courier_.poke();
          if (on) incoming_.io_started(id);
        });
        // Clients wait for one more event before they end their loop, so one is emitted even
        // without a change.
        if (!on || !state.io_on) {
          EDGE_CHECK(kernel::Core::emit(tx, state.id, ConnectivityChanged{}));
        }
        if (!on) return {};
        return kernel::Core::emit(tx, state.id, ImapInboxIdle{});
      },
      [this, account, done = std::move(done)](base::Result<> switched) mutable {
        if (switched && mails_ != nullptr) mails_->io_changed(account);
        done(std::move(switched));
      });
}

void Accounts::report_all_stopped(base::Completion<> done) {
  core_.store.write<void>(
      [](store::Tx& tx) {
        return kernel::Core::emit(tx, AccountId(), Info{"Delivery stopped for all accounts."});
      },
      std::move(done));
}

void Accounts::configure(AccountId account, Login login, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, login = std::move(login)](store::Tx& tx, const store::Scope& scope,
                                       const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(std::string addr, chosen_address(write, login));
        EDGE_CHECK(configure_account(write, std::move(addr)));
        tx.on_commit([this, id = state.id] { start_delivery(id); });
        return {};
      },
      [this, account, done = std::move(done)](base::Result<> configured) mutable {
        if (configured) {
          done({});
          return idle(account);
        }
        // Reported in a write of its own, because the failed one is undone.
        base::Error why = std::move(configured).error();
        ConfigureProgress failed{0, why.message};
        core_.write<void>(
            account,
            [failed = std::move(failed)](store::Tx& tx, const store::Scope&,
                                         const kernel::AccountState& state) {
              return kernel::Core::emit(tx, state.id, failed);
            },
            [done = std::move(done), why = std::move(why)](const base::Result<>&) mutable {
              done(std::move(why));
            });
      });
}

void Accounts::start_delivery(AccountId account) {
  core_.directory.set_io(account, true);
  relayed_.homes_changed(account);
  courier_.poke();
  incoming_.io_started(account);
}

void Accounts::began(AccountId account) {
  start_delivery(account);
  idle(account);
}

// Clients that have just configured an account wait for ImapInboxIdle, the event of a mail client
// that waits for mails.
void Accounts::idle(AccountId account) {
  core_.write<void>(
      account,
      [](store::Tx& tx, const store::Scope&, const kernel::AccountState& state) {
        return kernel::Core::emit(tx, state.id, ImapInboxIdle{});
      },
      [](const base::Result<>&) {});
}

void Accounts::hold_io(AccountId account) {
  base::Lock lock(mutex_);
  held_.insert(account);
}

void Accounts::release_io(AccountId account) {
  base::Lock lock(mutex_);
  held_.erase(account);
}

void Accounts::start_io_of_those_here(AccountId account, base::Completion<> done) {
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    const auto mark = find_moved_mark(read->scope());
    if (!mark) return done(mark.error());
    if (*mark) return done({});
  }
  start_io(account, std::move(done));
}

void Accounts::start_io(AccountId account, base::Completion<> done) {
  switch_io(account, true, std::move(done));
}

void Accounts::stop_io(AccountId account, base::Completion<> done) {
  switch_io(account, false, std::move(done));
}

bool Accounts::io_running(AccountId account) const {
  const auto state = core_.directory.get(account);
  return state && (*state)->io_on;
}

base::Result<std::uint32_t> Accounts::connectivity(AccountId account) const {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  if (!state->configured) return 1000;
  std::uint32_t sending = courier_.connectivity(state->id);
  if (const auto lines = mails_ == nullptr ? std::nullopt : mails_->connectivity(account)) {
    sending = std::min(sending, *lines);
  }
  const bool cut_off = state->relay && sending > 1000 && !relayed_.connected(state->id);
  return cut_off ? std::min<std::uint32_t>(sending, 2000) : sending;
}

base::Result<bool> Accounts::all_work_done(AccountId account) const {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  if (state->relay && !relayed_.connected(state->id)) return false;
  return courier_.all_done(state->id);
}

base::Result<bool> Accounts::all_sent(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto waiting, store::count_outbox(read.scope()));
  return waiting == 0;
}

void Accounts::poke() {
  courier_.poke();
  if (mails_ != nullptr) mails_->network_is_back();
}

base::Result<StorageUse> Accounts::storage(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  StorageUse use;
  EDGE_TRY(use.messages, store::count_messages(scope));
  EDGE_TRY(const auto sizes, store::blob_sizes(scope));
  use.files = sizes.size();
  for (const std::uint64_t size : sizes) use.file_bytes += crypto::sealed_size(size);
  use.database_bytes = file_size(core_.store.database_path());
  return use;
}

base::Result<std::map<std::string, std::string>> Accounts::info(AccountId account) const {
  std::map<std::string, std::string> info = system_info();
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  const kernel::AccountState& state = *read.account;
  EDGE_TRY(const auto messages, store::count_messages(scope));
  EDGE_TRY(const auto chats, store::list_chats(scope));
  EDGE_TRY(const auto waiting, store::count_outbox(scope));
  EDGE_TRY(const auto contacts, store::count_contacts(scope));
  info["configured_addr"] = state.configured ? state.addr() : "<unset>";
  info["addr"] = state.configured ? state.addr() : "<unset>";
  info["is_configured"] = state.configured ? "1" : "0";
  EDGE_TRY(info["fingerprint"], own_fingerprint(scope, state));
  info["mailbox"] = state.mailbox();
  info["io_running"] = state.io_on ? "1" : "0";
  info["n_msgs_in_db"] = std::to_string(messages);
  info["number_of_chat_messages"] = std::to_string(messages);
  info["number_of_chats"] = std::to_string(chats.size());
  info["number_of_contacts"] = std::to_string(contacts);
  info["outbox_waiting"] = std::to_string(waiting);
  info["blobdir"] = core_.store.blobs().account_dir(state.uuid);
  info["dbsize"] = std::to_string(file_size(core_.store.database_path()));
  info["database_dir"] = core_.store.dir();
  for (const char* key : {"displayname", "mdns_enabled", "bot", "last_msg_id"}) {
    EDGE_TRY(const auto value, Config(core_).get(account, key));
    info[key] = value.value_or("<unset>");
  }
  std::string urls;
  for (const std::string& url : core_.options.public_urls) {
    urls += (urls.empty() ? "" : " ") + url;
  }
  info["public_urls"] = urls;
  if (mails_ != nullptr) {
    EDGE_TRY(const auto logins, mails_->list(account));
    std::string used;
    for (std::size_t i = 0; i < logins.size(); ++i) {
      used += fmt::format("{}{}: {}", used.empty() ? "" : ", ", i + 1, logins[i].used);
    }
    if (!used.empty()) info["used_transport_settings"] = std::move(used);
  }
  return info;
}

std::map<std::string, std::string> Accounts::system_info() const {
  std::map<std::string, std::string> info;
  info["deltachat_core_version"] = fmt::format("v{}", kApiVersion);
  info["privitty_edge_version"] = core_.options.version;
  info["num_cpus"] = std::to_string(std::thread::hardware_concurrency());
  info["arch"] = std::to_string(sizeof(void*) * 8);
  info["level"] = "native";
  info["uptime"] = since(core_.clock.uptime() - core_.started_at);
  utsname system{};
  if (uname(&system) == 0) {
    info["os"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  }
  return info;
}

}  // namespace messaging
