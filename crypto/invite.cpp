#include "crypto/invite.h"

#include "crypto/encoding.h"
#include "crypto/invite_rules.h"

namespace crypto {
namespace {

constexpr std::string_view kScheme = "OPENPGP4FPR:";

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void add_field(std::string& link, char name, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  link += link.back() == '#' ? "" : "&";
  link += name;
  link += '=';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte)) {
      link += c;
    } else {
      link += '%';
      link += kDigits[byte >> 4];
      link += kDigits[byte & 15];
    }
  }
}

// Takes the last character off, with all its bytes.
void shorten(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
}

std::string write_link(const Invite& invite, std::string_view name, std::string_view group_name) {
  // Room for the longest link at once, so that growing leaves no copy of the secret behind.
  std::string link;
  link.reserve(2 * kMaxInviteLink);
  link += kScheme;
  link += invite.identity.fingerprint();
  link += '#';
  add_field(link, 'a', invite.addr);
  add_field(link, 'n', name);
  add_field(link, 'i', invite.number);
  std::string secret = base64url_encode(invite.secret);
  add_field(link, 's', secret);
  wipe(secret.data(), secret.size());
  for (const std::string& url : invite.urls) add_field(link, 'u', url);
  add_field(link, 'm', invite.mailbox);
  add_field(link, 't', invite.token);
  if (invite.group) {
    add_field(link, 'x', invite.group->id);
    add_field(link, 'g', group_name);
  }
  add_field(link, 'v', "1");
  return link;
}

}  // namespace

std::string to_link(const Invite& invite) {
  std::string name = invite.name;
  std::string group = invite.group ? invite.group->name : std::string();
  for (;;) {
    std::string link = write_link(invite, name, group);
    // A group keeps one character at least; a person's name may go.
    const bool group_may_go = group.size() > 4;
    if (link.size() <= kMaxInviteLink || (name.empty() && !group_may_go)) return link;
    std::string& longer = group_may_go && group.size() > name.size() ? group : name;
    wipe(link.data(), link.size());
    shorten(longer);
  }
}

}  // namespace crypto
