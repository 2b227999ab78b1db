#include "messaging/mail/account_logins.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/mail/mail_identity.h"
#include "messaging/mail/mail_protocol.h"
#include "store/tables/config_values.h"
#include "store/tables/mail_left.h"
#include "store/tables/mail_places.h"

namespace messaging::mail {
namespace {

// No config key of a caller can begin with this (config_keys.h).
constexpr std::string_view kMarksKey = "_logins";

// When the primary login was chosen, and when logins were deleted: a config value of lines
// "SECONDS ADDRESS", the first of them with no address.
struct LoginMarks {
  std::int64_t chosen = 0;
  std::map<std::string, std::int64_t, std::less<>> removed;

  std::int64_t removed_at(std::string_view addr) const {
    const auto found = removed.find(addr);
    return found == removed.end() ? -1 : found->second;
  }
  void remove(const std::string& addr, std::int64_t at) {
    std::int64_t& known = removed[addr];
    known = std::max(known, at);
    if (removed.size() <= kMaxSyncRemovedLogins) return;
    removed.erase(
        std::ranges::min_element(removed, {}, [](const auto& one) { return one.second; }));
  }
};

base::Result<LoginMarks> load_marks(const store::Scope& scope) {
  LoginMarks marks;
  EDGE_TRY(const auto value, store::find_config_value(scope, kMarksKey));
  std::string_view rest = value ? std::string_view(*value) : std::string_view();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::int64_t at = 0;
    const char* const end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data(), end, at);
    if (error != std::errc() || stop == end) continue;
    const std::string addr(stop + 1, end);
    if (addr.empty()) {
      marks.chosen = at;
    } else {
      marks.removed[addr] = at;
    }
  }
  return marks;
}

base::Result<> save_marks(const store::Scope& scope, const LoginMarks& marks) {
  std::string value = fmt::format("{} \n", marks.chosen);
  for (const auto& [addr, at] : marks.removed) value += fmt::format("{} {}\n", at, addr);
  return store::set_config_value(scope, kMarksKey, value);
}

std::int64_t seconds_of(const store::MailLoginRow& row) { return row.added_at / 1000; }

base::Result<> insert_login(const kernel::WriteContext& write, store::MailLoginRow row,
                            const StoredLogin& login) {
  row.addr = login.login.addr;
  row.login = encode_login(login);
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "mail_login"));
  return store::insert_mail_login(write.scope, row);
}

base::Result<> replace_login(const kernel::WriteContext& write, store::MailLoginRow row,
                             const StoredLogin& login, base::UnixMillis at) {
  row.login = encode_login(login);
  row.added_at = at;
  return store::update_mail_login(write.scope, row);
}

// Without what only this device knows of it.
crypto::WipingBytes compared(const MailLogin& login) { return encode_login({.login = login}); }

// What a report changes.
struct LoginNews {
  const kernel::WriteContext& write;
  LoginMarks marks;
  std::vector<std::int64_t> ended = {};  // rows that were deleted
  bool changed = false;

  // Of two that were entered in one second all devices hold the same one.
  base::Result<bool> take_changed(const store::MailLoginRow& row, const SyncLogin& said) {
    if (said.changed < seconds_of(row)) return false;
    EDGE_TRY(StoredLogin stored, stored_login_of(row));
    const auto ours = compared(stored.login);
    const auto theirs = compared(said.login);
    if (said.changed == seconds_of(row) && theirs <= ours) return false;
    if (ours != theirs) {
      stored = {};
      stored.login = said.login;
    }
    stored.entered = said.entered;
    EDGE_CHECK(replace_login(write, row, stored, said.changed * 1000));
    return ours != theirs;
  }
  base::Result<bool> take_login(const SyncLogin& said) {
    EDGE_TRY(const auto rows, store::list_mail_logins(write.scope));
    const store::MailLoginRow* const row = find_login(rows, said.login.addr);
    if (!said.published) return take_hidden(row, said);
    if (marks.removed_at(said.login.addr) >= said.changed) return false;
    if (row != nullptr) return take_changed(*row, said);
    if (rows.size() >= kMostLogins) {
      base::log::warning(
          "account {}: another device has a mail login more than the {} that an "
          "account may have",
          write.account.id.value, kMostLogins);
      return false;
    }
    store::MailLoginRow fresh;
    fresh.added_at = said.changed * 1000;
    EDGE_CHECK(
        insert_login(write, std::move(fresh), {.login = said.login, .entered = said.entered}));
    return true;
  }
  // Nobody is told of its address any more. The other device reads the mailbox as long as mails
  // come, so its deletion is not remembered.
  base::Result<bool> take_hidden(const store::MailLoginRow* row, const SyncLogin& said) {
    if (row == nullptr || row->primary || said.changed < seconds_of(*row)) return false;
    EDGE_CHECK(delete_rows(*row));
    return true;
  }
  base::Result<bool> take_removed(const SyncRemovedLogin& said) {
    EDGE_TRY(const auto rows, store::list_mail_logins(write.scope));
    const store::MailLoginRow* const row = find_login(rows, said.addr);
    if (row != nullptr && row->primary) return false;
    marks.remove(said.addr, said.removed);
    if (row == nullptr || seconds_of(*row) > said.removed) return false;
    EDGE_CHECK(delete_rows(*row));
    return true;
  }
  base::Result<> delete_rows(const store::MailLoginRow& row) {
    EDGE_CHECK(store::delete_mail_login(write.scope, row.id));
    EDGE_CHECK(store::forget_mail_places_of(write.scope, row.id));
    EDGE_CHECK(store::delete_mails_left_at(write.scope, row.id));
    write.tx.scrub();  // its password
    ended.push_back(row.id);
    return {};
  }
  base::Result<> take(const SyncLogins& said) {
    for (const SyncLogin& one : said.logins) {
      EDGE_TRY(const bool taken, take_login(one));
      changed = changed || taken;
    }
    return take_removals(said);
  }
  base::Result<> take_removals(const SyncLogins& said) {
    for (const SyncRemovedLogin& one : said.removed) {
      EDGE_TRY(const bool taken, take_removed(one));
      changed = changed || taken;
    }
    return {};
  }
  // Of two choices the later one holds; of two of one second that of the greater address, so that
  // all devices hold the same one. A primary login that was deleted elsewhere gives way. True: the
  // account sends from another login now.
  base::Result<bool> follow(const SyncPrimaryLogin& choice,
                            const std::vector<SyncRemovedLogin>& removed) {
    EDGE_TRY(const auto rows, store::list_mail_logins(write.scope));
    const store::MailLoginRow* const row = find_login(rows, choice.addr);
    const auto ours = std::ranges::find_if(rows, &store::MailLoginRow::primary);
    if (row == nullptr || ours == rows.end()) return false;
    if (row->primary) {
      marks.chosen = std::max(marks.chosen, choice.chosen);
      return false;
    }
    const bool later = std::pair(choice.chosen, row->addr) > std::pair(marks.chosen, ours->addr);
    const bool gone = std::ranges::any_of(removed, [&](const SyncRemovedLogin& one) {
      return same_address(one.addr, ours->addr) && one.removed >= seconds_of(*ours);
    });
    if (!later && !gone) return false;
    EDGE_CHECK(store::set_primary_mail_login(write.scope, row->id));
    marks.chosen = std::max(marks.chosen, choice.chosen);
    changed = true;
    EDGE_CHECK(write.emit(AccountsChanged{}));
    return true;
  }
};

}  // namespace

base::Error too_many_logins() {
  return base::fail(base::Errc::exhausted,
                    fmt::format("You have reached the maximum number of relays ({}). "
                                "delete_transport makes room for another",
                                kMostLogins));
}

const store::MailLoginRow* find_login(const std::vector<store::MailLoginRow>& rows,
                                      std::string_view addr) {
  const auto found =
      std::ranges::find_if(rows, [&](const auto& row) { return same_address(row.addr, addr); });
  return found == rows.end() ? nullptr : &*found;
}

base::Result<LoginChange> put_login(const kernel::WriteContext& write, const StoredLogin& login) {
  EDGE_TRY(const auto rows, store::list_mail_logins(write.scope));
  const store::MailLoginRow* const before = find_login(rows, login.login.addr);
  EDGE_TRY(LoginMarks marks, load_marks(write.scope));
  // Later than a deletion of the same second, also for other devices.
  base::UnixMillis at = std::max(write.tx.now(), (marks.removed_at(login.login.addr) + 1) * 1000);
  if (before != nullptr) {
    at = std::max(at, before->added_at);
    EDGE_CHECK(replace_login(write, *before, login, at));
    return LoginChange::replaced;
  }
  if (rows.size() >= kMostLogins) return too_many_logins();
  store::MailLoginRow row;
  row.primary = rows.empty();
  row.added_at = at;
  EDGE_CHECK(insert_login(write, std::move(row), login));
  if (marks.removed.erase(login.login.addr) > 0) EDGE_CHECK(save_marks(write.scope, marks));
  return rows.empty() ? LoginChange::first : LoginChange::added;
}

base::Result<> delete_login(const kernel::WriteContext& write, const store::MailLoginRow& row) {
  EDGE_TRY(LoginMarks marks, load_marks(write.scope));
  LoginNews news{write, std::move(marks)};
  EDGE_CHECK(news.delete_rows(row));
  news.marks.remove(row.addr, std::max(write.tx.now() / 1000, seconds_of(row)));
  return save_marks(write.scope, news.marks);
}

base::Result<> choose_login(const kernel::WriteContext& write, const store::MailLoginRow& row) {
  EDGE_CHECK(store::set_primary_mail_login(write.scope, row.id));
  // Later than what is known, of the clock of another device or by a second choice in a second.
  EDGE_TRY(LoginMarks marks, load_marks(write.scope));
  marks.chosen = std::max(write.tx.now() / 1000, marks.chosen + 1);
  // A device that deleted the login before has it back.
  store::MailLoginRow fresh = row;
  fresh.added_at = std::max(row.added_at, marks.chosen * 1000);
  EDGE_CHECK(store::update_mail_login(write.scope, fresh));
  return save_marks(write.scope, marks);
}

base::Result<SyncLogins> logins_to_report(const store::Scope& scope) {
  SyncLogins said;
  EDGE_TRY(const auto rows, store::list_mail_logins(scope));
  EDGE_TRY(const LoginMarks marks, load_marks(scope));
  for (const store::MailLoginRow& row : rows) {
    if (row.primary) said.primary = SyncPrimaryLogin{row.addr, marks.chosen};
    if (row.id <= 1) continue;
    EDGE_TRY(StoredLogin stored, stored_login_of(row));
    said.logins.push_back({std::move(stored.login), std::move(stored.entered), seconds_of(row)});
  }
  for (const auto& [addr, at] : marks.removed) said.removed.push_back({addr, at});
  return said;
}

base::Result<> take_logins(const kernel::WriteContext& write, const SyncLogins& said,
                           std::string_view from) {
  if (said.logins.empty() && said.removed.empty() && !said.primary) return {};
  EDGE_TRY(LoginMarks marks, load_marks(write.scope));
  LoginNews news{write, std::move(marks)};
  EDGE_CHECK(news.take(said));
  const SyncPrimaryLogin choice =
      said.primary.value_or(SyncPrimaryLogin{std::string(from), said.reported});
  EDGE_TRY(const bool followed, news.follow(choice, said.removed));
  // The one that was the primary one until now may be among those that were deleted.
  if (followed) EDGE_CHECK(news.take_removals(said));
  EDGE_CHECK(save_marks(write.scope, news.marks));
  if (!news.changed) return {};
  EDGE_CHECK(addresses_changed(write));
  EDGE_CHECK(write.emit(TransportsModified{}));
  write.tx.on_commit([protocol = &mail_protocol(write.core), id = write.account.id,
                      ended = std::move(news.ended)] { protocol->lines_changed(id, ended); });
  return {};
}

}  // namespace messaging::mail
