// Invite: the link that one person shows another, and all that the other needs to reach and to
// authenticate them.
//
//   OPENPGP4FPR:<64 hex>#a=<addr>&n=<name>&i=<number>&s=<secret>&u=<url>&m=<mailbox>&t=<token>&v=1
//
// Values are percent-encoded UTF-8; u comes one to three times, x (group id) and g (group name)
// come together or not at all. When reading, the scheme and the hex digits may be of either case,
// "%23" or "?" may stand for "#", "+" is a space in n and g, fields come in any order, unknown ones
// are ignored, known ones (but u) come once, and https://i.privittytech.com/#<64 hex>&a=… is the
// same link. v is the last field we write and must be there, so that a link cut short is noticed.
//
// Links are hostile input: 2,000 bytes at most, every field bounded. Errors name the field and
// never repeat its value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/identity.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kMaxInviteLink = 2000;
inline constexpr std::size_t kMaxInviteUrls = 3;

struct Invite {
  struct Group {
    std::string id;    // [A-Za-z0-9._~-], at most 128 bytes
    std::string name;  // as `name`, not empty
  };

  PublicKey identity;
  std::string addr;    // profile@host, at most 320 bytes; a label
  std::string name;    // UTF-8 without control characters, at most 256 bytes; may be empty
  std::string number;  // [A-Za-z0-9._~-], at most 128 bytes, as are mailbox and token
  WipingArray<32> secret;
  std::vector<std::string> urls;  // http:// or https://, without user info, at most 512 bytes each
  std::string mailbox;
  std::string token;
  std::optional<Group> group;
};

// The link. Names that would make it longer than kMaxInviteLink are shortened; the other fields
// must be within their bounds.
std::string to_link(const Invite& invite);

// Errc::invalid_argument with what is wrong and what to do about it.
base::Result<Invite> parse_invite(std::string_view link);

}  // namespace crypto
