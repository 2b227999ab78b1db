// Invites of Delta Chat's mail accounts:
// https://i.delta.chat/#FINGERPRINT&v=3&i=…&s=…&a=ADDR&n=NAME and OPENPGP4FPR:FINGERPRINT#a=ADDR&…,
// with the 40 or 64 hex digits of an OpenPGP fingerprint. Invites of gateways (crypto/invite.h)
// have 64 too: with the scheme of both, 64 digits are a mail account's only with "v=3", which Delta
// Chat writes for all its invites.
//
// Hostile input: bounded, and errors never repeat it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace messaging {

struct MailInvite {
  std::string fingerprint;          // 40 or 64 upper-case hex digits
  std::string addr;                 // "" none, as with number and secret
  std::vector<std::string> relays;  // further addresses, at most 4
  std::string name;
  std::string number;
  std::string secret;
  bool v3 = false;  // SecureJoin of version 3; also what has a secret and no number
  struct Group {
    std::string id;
    std::string name;
    bool channel = false;
  };
  std::optional<Group> group;
};

bool is_mail_invite(std::string_view text);
// Whether a text is one.
base::Result<MailInvite> parse_mail_invite(std::string_view text);
// The link, of version 3. Long names are shortened.
std::string to_link(const MailInvite& invite);

}  // namespace messaging
