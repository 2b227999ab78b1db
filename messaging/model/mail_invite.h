// Invites of Delta Chat's mail accounts:
// https://i.delta.chat/#FINGERPRINT&v=3&i=…&s=…&a=ADDR&n=NAME and OPENPGP4FPR:FINGERPRINT#a=ADDR&…,
// with the 40 hex digits of an OpenPGP key, where invites of gateways (crypto/invite.h) have 64.
// They are recognised, so that a client learns what was scanned; joining by one needs mail.
//
// Hostile input: bounded, and errors never repeat it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace messaging {

struct MailInvite {
  std::string fingerprint;  // 40 upper-case hex digits
  std::string addr;         // "" none, as with number and secret
  std::string name;
  std::string number;
  std::string secret;
  bool v3 = false;
  struct Group {
    std::string id;
    std::string name;
    bool channel = false;
  };
  std::optional<Group> group;
};

bool is_mail_invite(std::string_view text);
// Of a text that is one.
base::Result<MailInvite> parse_mail_invite(std::string_view text);

}  // namespace messaging
