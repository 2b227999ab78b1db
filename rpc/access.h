// Access: what a caller may do and see. An API key gives it; without keys callers on this machine
// have everything(). One object per key, shared by all that the key has open.
//
// Threads: immutable but for end(), which any thread may call once the key is revoked, changed or
// expired: streams look at ended() and close.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace rpc {

// The permission that an operation needs. `publish` is for a channel, `commands` for all device
// commands or one by name, the others for themselves.
enum class KeyScope : std::uint8_t { read, write, events, publish, admin, view, commands };

// The scope as it is written in `--scope`, for `publish` without its channel: "rpc:read".
std::string_view name_of(KeyScope scope);
// The same for a person who wants a key with it: "publish:CHANNEL (publish:* for all channels)".
std::string_view written(KeyScope scope);

// The values of `--scope` and `--account`.
struct Grants {
  std::uint8_t scopes =
      0;  // one bit per KeyScope; `publish` uses channels, `commands` uses commands
  std::vector<std::string> channels = {};      // of publish:CHANNEL; "*" is every channel
  std::vector<std::string> commands = {};      // of commands:NAME; "*" is every one
  std::vector<base::AccountId> accounts = {};  // empty: all of them

  void add(KeyScope scope) { scopes |= bit(scope); }
  bool has(KeyScope scope) const { return (scopes & bit(scope)) != 0; }
  static std::uint8_t bit(KeyScope scope) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(scope));
  }
  friend bool operator==(const Grants&, const Grants&) = default;
};

// "rpc:read,events,publish:alarms"; the error names an unknown word.
base::Result<Grants> parse_scopes(std::string_view list);
std::string scopes_text(const Grants& grants);

class Access {
 public:
  Access() = default;  // nothing at all
  Access(std::string key_id, Grants grants)
      : key_id_(std::move(key_id)), grants_(std::move(grants)) {}

  // The same rights for one open thing: it ends with `whole`, or alone.
  explicit Access(std::shared_ptr<const Access> whole)
      : key_id_(whole->key_id_), grants_(whole->grants_), whole_(std::move(whole)) {}

  static const std::shared_ptr<const Access>& everything();
  static const std::shared_ptr<const Access>& nothing();

  const std::string& key_id() const { return key_id_; }  // "" without a key; fit for logs
  // `admin` holds every other scope. For KeyScope::publish: whether there is any channel; for
  // KeyScope::commands: whether there is any command.
  bool may(KeyScope scope) const;
  bool may_publish(std::string_view channel) const;
  // `name` of a device command or of a project of them.
  bool may_run_command(std::string_view name) const;
  // Whether it covers all accounts and the daemon as a whole.
  bool all_accounts() const { return grants_.accounts.empty(); }
  const std::vector<base::AccountId>& accounts() const { return grants_.accounts; }
  // Everybody may see account 0, the daemon as a whole.
  bool may_see(base::AccountId account) const;

  bool ended() const {
    return ended_.load(std::memory_order_relaxed) || (whole_ && whole_->ended());
  }
  void end() const { ended_.store(true, std::memory_order_relaxed); }

 private:
  std::string key_id_;
  Grants grants_;
  std::shared_ptr<const Access> whole_;
  mutable std::atomic<bool> ended_{false};
};

}  // namespace rpc
