// Secure join: an invite link authenticates the inviter and authorises the joiner (decisions 6 and
// 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel
namespace messaging::peering {
class Relayed;
}  // namespace messaging::peering
namespace store {
struct Scope;
}  // namespace store

namespace messaging {

// The result of check_qr: what a scanned text is.
struct InviteCheck {
  enum class Kind {
    ask_verify_contact,
    withdraw_contact,
    revive_contact,
    fingerprint_unknown,  // of a mail account: an address without anything to join by
    fingerprint_alone,
    account,  // a link that asks for an account; text is its domain
    login,    // text is the address
    url,
    text,
    addr,
  };
  Kind kind = Kind::text;
  ContactId contact;        // known under this key, else 0
  std::string fingerprint;  // 64 upper-case hex
  std::string invite_number;
  std::string name;
  std::string addr;
  std::string text;  // of url, text, addr, account, login
  bool v3 = false;   // an invite of a mail account in the form of today
  struct Group {
    std::string id;  // as in the link
    std::string name;
    bool channel = false;
  };
  std::optional<Group> group = {};  // the invite's group
};

class SecureJoin {
 public:
  SecureJoin(kernel::Core& core, peering::Relayed& relayed) : core_(core), relayed_(relayed) {}

  // The live invite of a group or channel, created when there is none; without a chat: the
  // account's own.
  void invite(AccountId account, std::optional<ChatId> chat, base::Completion<std::string> done);
  base::Result<InviteCheck> check(AccountId account, const std::string& text) const;
  // Completes at once with the chat (of the group, for a group's invite); events report the
  // progress. The account's own invite is refused.
  void join(AccountId account, std::string link, base::Completion<ChatId> done);
  // Withdraws the account's own live invite, or revives a withdrawn one.
  void toggle_own(AccountId account, std::string link, base::Completion<> done);

 private:
  static base::Result<InviteCheck> check_mail(const store::Scope& scope, std::string_view link);

  kernel::Core& core_;
  peering::Relayed& relayed_;
};

}  // namespace messaging
