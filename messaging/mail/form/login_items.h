// Login items: how devices of one account report their mail logins to each other, as core's sync
// item "Transports" (form/sync_items.h):
//
//   {"transports":[{"configured":{…},"entered":{…},"timestamp":N,"is_published":true}, …],
//    "removed_transports":[{"addr":"…","timestamp":N}, …],
//    "primary":{"addr":"…","timestamp":N}}
//
// "primary" is ours: core takes the address that the mail comes from, at the time of the item.
//
// Passwords are part of it: it is written for mails that are sealed to our own key, and nowhere
// else. Hostile input: everything is bounded; logins that cannot be read are left out. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messaging/mail/mail_login.h"

namespace messaging::mail {

inline constexpr std::size_t kMaxSyncLogins = 20;          // of one item
inline constexpr std::size_t kMaxSyncRemovedLogins = 100;  // of one item
inline constexpr std::size_t kMaxSyncPassword = 1000;      // bytes

struct SyncLogin {
  MailLogin login;
  LoginRequest entered = {};  // without passwords
  std::int64_t changed = 0;   // seconds: added, or entered again
  // False: the other device still reads the mailbox, and tells nobody of the address any more.
  bool published = true;
  friend bool operator==(const SyncLogin&, const SyncLogin&) = default;
};
struct SyncRemovedLogin {
  std::string addr;
  std::int64_t removed = 0;  // seconds
  friend bool operator==(const SyncRemovedLogin&, const SyncRemovedLogin&) = default;
};
struct SyncPrimaryLogin {
  std::string addr;
  std::int64_t chosen = 0;  // seconds
  friend bool operator==(const SyncPrimaryLogin&, const SyncPrimaryLogin&) = default;
};
struct SyncLogins {
  std::vector<SyncLogin> logins;
  std::vector<SyncRemovedLogin> removed;
  std::optional<SyncPrimaryLogin> primary = {};  // nullopt: where the mail comes from
  std::int64_t reported = 0;                     // seconds, of the item
  friend bool operator==(const SyncLogins&, const SyncLogins&) = default;
};

std::string write_logins(const SyncLogins& said);
std::optional<SyncLogins> read_logins(std::string_view json);

}  // namespace messaging::mail
