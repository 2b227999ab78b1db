#include "messaging/mail/mail_account_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/account_logins.h"
#include "messaging/mail/login_link.h"
#include "messaging/mail/mail_fate.h"
#include "messaging/mail/mail_identity.h"
#include "messaging/mail/news_to_devices.h"
#include "messaging/model/native_address.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;
using kernel::ProtocolKind;

constexpr std::size_t kChatsOfItsOwn = 2;  // Saved messages and the device chat

base::Error no_mail_here() {
  return fail(Errc::unavailable, "this daemon has no lines to mail servers");
}

// A native account becomes a mail account only while nobody knows it.
base::Result<> check_may_change(const store::Scope& scope, const kernel::AccountState& account) {
  if (account.protocol() == ProtocolKind::mail || !account.configured) return {};
  EDGE_TRY(const auto contacts, store::count_contacts(scope));
  EDGE_TRY(const auto chats, store::list_chats(scope));
  if (contacts == 0 && chats.size() <= kChatsOfItsOwn) return {};
  return fail(Errc::forbidden,
              fmt::format("account {} is a gateway's own and has contacts or chats: an account "
                          "speaks one protocol. add_account makes another one for e-mail",
                          account.id.value));
}

base::Error no_such_login(std::string_view addr) {
  return fail(Errc::not_found,
              fmt::format("no transport of this account has the address {}", addr.substr(0, 254)));
}

base::Completion<> log_failure(std::string_view what) {
  return [what](const base::Result<>& done) {
    if (!done) base::log::warning("{}: {}", what, done.error().message);
  };
}

}  // namespace

void MailAccountSetup::emit_progress(base::AccountId account, std::uint32_t progress) {
  around_.core.write<void>(
      account,
      [progress](store::Tx& tx, const store::Scope&, const kernel::AccountState& state) {
        return kernel::Core::emit(tx, state.id, ConfigureProgress{progress, ""});
      },
      log_failure("progress of a login"));
}

void MailAccountSetup::fail_with(base::AccountId account, base::Error why,
                                 base::Completion<> done) {
  ConfigureProgress failed{0, why.message};
  around_.core.write<void>(
      account,
      [failed = std::move(failed)](store::Tx& tx, const store::Scope&,
                                   const kernel::AccountState& state) {
        return kernel::Core::emit(tx, state.id, failed);
      },
      [done = std::move(done), why = std::move(why)](const base::Result<>&) mutable {
        done(std::move(why));
      });
}

void MailAccountSetup::add(base::AccountId account, LoginRequest request, base::Completion<> done) {
  const auto judge = [&]() -> base::Result<std::function<bool()>> {
    if (around_.transport == nullptr) return no_mail_here();
    EDGE_TRY(auto read, around_.core.read(account));
    EDGE_CHECK(check_may_change(read.scope(), *read.account));
    EDGE_TRY(const auto rows, store::list_mail_logins(read.scope()));
    if (rows.size() >= kMostLogins && find_login(rows, request.addr) == nullptr) {
      return too_many_logins();
    }
    for (const LoginRequest::Server* server : {&request.imap, &request.smtp}) {
      if (!server->host.empty() && !is_mail_domain(server->host)) {
        return fail(Errc::invalid_argument, std::string(server == &request.imap ? "IMAP" : "SMTP") +
                                                " server: expected the name or address of a host");
      }
    }
    if (request.domain.empty()) {
      EDGE_TRY(request.addr, read_mail_address(request.addr));
      if (request.password.empty() && request.imap.password.empty()) {
        return fail(Errc::invalid_argument, "Missing (IMAP) password.");
      }
    }
    return around_.begin(account);
  };
  auto stop = judge();
  if (!stop) {
    if (stop.error().code == Errc::not_found) return done(std::move(stop).error());
    return fail_with(account, std::move(stop).error(), std::move(done));
  }
  emit_progress(account, 1);
  LoginRequest entered = request;
  around_.transport->configure(
      std::move(request),
      [this, account, last = std::make_shared<int>(0)](int progress) {
        if (progress <= std::exchange(*last, std::max(*last, progress))) return;
        emit_progress(account, static_cast<std::uint32_t>(progress));
      },
      *stop,
      [this, account, entered = std::move(entered), busy = *stop,
       done = std::move(done)](base::Result<Configured> found) mutable {
        if (!found) return fail_with(account, std::move(found).error(), std::move(done));
        store(account, std::move(entered), *std::move(found), std::move(done));
      });
}

void MailAccountSetup::store(base::AccountId account, LoginRequest entered, Configured found,
                             base::Completion<> done) {
  around_.core.write<void>(
      account,
      [this, entered = std::move(entered), found = std::move(found)](
          store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return store_login({around_.core, tx, scope, state}, entered, found);
      },
      [this, account, done = std::move(done)](base::Result<> stored) mutable {
        if (!stored) return fail_with(account, std::move(stored).error(), std::move(done));
        if (auto watched = watch_all(account); !watched) return done(std::move(watched));
        done({});
      });
}

base::Result<> MailAccountSetup::store_login(const kernel::WriteContext& write,
                                             const LoginRequest& entered, const Configured& found) {
  EDGE_CHECK(check_may_change(write.scope, write.account));
  StoredLogin stored;
  stored.login = found.login;
  stored.entered = entered;
  stored.entered.addr = found.login.addr;
  stored.is_chatmail = found.is_chatmail;
  stored.largest_mail = found.largest_mail;
  EDGE_TRY(const LoginChange change, put_login(write, stored));
  if (change == LoginChange::first) {
    EDGE_CHECK(become_mail_account(write, found.login.addr));
    EDGE_CHECK(around_.configured(write, found.login.addr));
    write.tx.on_commit([this, id = write.account.id] { around_.began(id); });
  } else {
    if (change == LoginChange::added) EDGE_CHECK(addresses_changed(write));
    EDGE_CHECK(queue_login_news(write));
  }
  EDGE_CHECK(write.emit(AccountsChanged{}));
  EDGE_CHECK(write.emit(TransportsModified{}));
  return write.emit(ConfigureProgress{1000, ""});
}

void MailAccountSetup::add_by_link(base::AccountId account, std::string_view link,
                                   base::Completion<> done) {
  auto request = is_login_link(link) ? read_login_link(link) : read_account_link(link);
  if (!request) return fail_with(account, std::move(request).error(), std::move(done));
  add(account, *std::move(request), std::move(done));
}

namespace {

// In the words of Delta Chat's server, whose clients look for them.
std::string used_settings(const MailLogin& login) {
  const auto server = [](const MailServer& one) {
    return fmt::format("[{}:{}]", one.place(), name_of(one.security));
  };
  return fmt::format("***{} imap:{} smtp:{} {}", login.addr.substr(login.addr.rfind('@')),
                     server(login.imap), server(login.smtp),
                     login.any_certificate ? "cert_accept_invalid_certificates" : "cert_strict");
}

}  // namespace

base::Result<std::vector<LoginView>> MailAccountSetup::list(base::AccountId account) const {
  EDGE_TRY(auto read, around_.core.read(account));
  EDGE_TRY(const auto rows, store::list_mail_logins(read.scope()));
  std::vector<LoginView> out;
  for (const store::MailLoginRow& row : rows) {
    EDGE_TRY(StoredLogin stored, stored_login_of(row));
    out.push_back({std::move(stored.entered), row.primary, used_settings(stored.login)});
  }
  return out;
}

void MailAccountSetup::remove(base::AccountId account, std::string addr, base::Completion<> done) {
  around_.core.write<std::int64_t>(
      account,
      [this, addr = std::move(addr)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<std::int64_t> {
        EDGE_TRY(const auto rows, store::list_mail_logins(scope));
        const store::MailLoginRow* const row = find_login(rows, addr);
        if (row == nullptr) return no_such_login(addr);
        if (rows.size() == 1) {
          return fail(Errc::forbidden,
                      "Cannot remove the last transport: add another one first, or remove the "
                      "account");
        }
        if (row->primary) {
          const store::MailLoginRow& next = rows.back().id == row->id ? rows.front() : rows.back();
          EDGE_CHECK(store::set_primary_mail_login(scope, next.id));
          EDGE_CHECK(kernel::Core::emit(tx, state.id, AccountsChanged{}));
        }
        const kernel::WriteContext write{around_.core, tx, scope, state};
        EDGE_CHECK(delete_login(write, *row));
        EDGE_CHECK(addresses_changed(write));
        EDGE_CHECK(queue_login_news(write));
        EDGE_CHECK(write.emit(TransportsModified{}));
        return row->id;
      },
      [this, account, done = std::move(done)](base::Result<std::int64_t> removed) mutable {
        if (!removed) return done(std::move(removed).error());
        if (around_.transport != nullptr) around_.transport->unwatch({account, *removed});
        done({});
      });
}

base::Result<> MailAccountSetup::make_primary(const kernel::WriteContext& write,
                                              std::string_view addr) {
  EDGE_TRY(const auto rows, store::list_mail_logins(write.scope));
  const store::MailLoginRow* const row = find_login(rows, addr);
  if (row == nullptr) return no_such_login(addr);
  if (row->primary) return {};
  EDGE_CHECK(choose_login(write, *row));
  EDGE_CHECK(addresses_changed(write));
  EDGE_CHECK(queue_login_news(write));
  EDGE_CHECK(write.emit(AccountsChanged{}));
  return write.emit(TransportsModified{});
}

base::Result<> MailAccountSetup::watch_all(base::AccountId account) {
  if (around_.transport == nullptr) return {};
  EDGE_TRY(auto read, around_.core.read(account));
  if (read.account->protocol() != ProtocolKind::mail) return {};
  if (!read.account->io_on || read.account->elsewhere) {
    around_.transport->forget(account);
    return {};
  }
  EDGE_TRY(const auto rows, store::list_mail_logins(read.scope()));
  for (const store::MailLoginRow& row : rows) {
    EDGE_TRY(const StoredLogin stored, stored_login_of(row));
    WatchOptions options;
    EDGE_TRY(const MailFate fate, fate_of_mails(read.scope(), stored));
    options.after = fate.after;
    around_.transport->watch({account, row.id}, stored.login,
                             {row.cursor.uid_validity, row.cursor.next_uid}, options);
  }
  return {};
}

void MailAccountSetup::io_changed(base::AccountId account) {
  if (const auto watched = watch_all(account); !watched) {
    base::log::warning("account {}: its mail servers are not connected: {}", account.value,
                       watched.error().message);
  }
}

void MailAccountSetup::lines_changed(base::AccountId account,
                                     const std::vector<std::int64_t>& ended) {
  if (around_.transport == nullptr) return;
  for (const std::int64_t transport : ended) around_.transport->unwatch({account, transport});
  io_changed(account);
}

void MailAccountSetup::forget(base::AccountId account) {
  if (around_.transport != nullptr) around_.transport->forget(account);
}

void MailAccountSetup::start() {
  for (const kernel::AccountPtr& account : around_.core.directory.all()) {
    if (account->protocol() == ProtocolKind::mail) io_changed(account->id);
  }
}

void MailAccountSetup::network_is_back() {
  if (around_.transport != nullptr) around_.transport->network_is_back();
}

std::optional<std::uint32_t> MailAccountSetup::connectivity(base::AccountId account) const {
  const auto state = around_.core.directory.get(account);
  if (!state || (*state)->protocol() != ProtocolKind::mail) return std::nullopt;
  if (!(*state)->io_on || around_.transport == nullptr) return 1'000;
  const auto level = [](LineState line) { return 1'000 * (static_cast<std::uint32_t>(line) + 1); };
  const auto lines_now = around_.transport->lines(account);
  if (lines_now.empty()) return 2'000;
  std::uint32_t worst = 4'000;
  for (const LineStatus& line : lines_now)
    worst = std::min({worst, level(line.imap), level(line.smtp)});
  return worst;
}

std::vector<LineStatus> MailAccountSetup::lines(std::optional<base::AccountId> account) const {
  return around_.transport == nullptr ? std::vector<LineStatus>()
                                      : around_.transport->lines(account);
}

}  // namespace messaging::mail
