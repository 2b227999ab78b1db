#include "messaging/model/mail_invite.h"

#include <algorithm>

#include "crypto/invite.h"
#include "crypto/invite_rules.h"
#include "messaging/model/plain_name.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kPage = "https://i.delta.chat/#";
constexpr std::string_view kScheme = "openpgp4fpr:";
constexpr std::size_t kV4Digits = 40;
constexpr std::size_t kV6Digits = 64;
constexpr std::size_t kMostRelays = 4;
// Names in links are cut to this many characters, because links are scanned.
constexpr std::size_t kNameInLink = 24;
constexpr std::size_t kGroupInLink = 32;
constexpr std::size_t kShortestWord = 11;  // of numbers and secrets, as Delta Chat reads them

int value_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::size_t digits_at_front(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return value_of(c) < 0; });
  return static_cast<std::size_t>(end - text.begin());
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && value_of(text[at + 1]) >= 0 &&
                        value_of(text[at + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(value_of(text[at + 1]) * 16 + value_of(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' && plus_is_space ? ' ' : text[at];
    }
  }
  return out;
}

// Delta Chat marks a shortened name by "_" at its end.
std::string whole_name(std::string value) {
  if (value.ends_with('_')) value.replace(value.size() - 1, 1, "\u2026");
  return plain_name(value);
}

void take_relays(MailInvite& out, std::string_view value) {
  while (!value.empty() && out.relays.size() < kMostRelays) {
    const std::size_t end = value.find(',');
    const std::string_view one = value.substr(0, end);
    if (crypto::invite::is_address(one)) out.relays.emplace_back(one);
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
  }
}

std::string word(std::string value) {
  return value.size() >= kShortestWord && crypto::invite::is_word(value) ? std::move(value) : "";
}

void take_field(MailInvite& out, std::string& group, std::string& channel, std::string& id,
                std::string_view field) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = field.substr(0, equals);
  const bool is_text = name == "n" || name == "g" || name == "b";
  std::string value = decoded(field.substr(equals + 1), is_text);
  if (name == "a") {
    out.addr = crypto::invite::is_address(value) ? std::move(value) : "";
  } else if (name == "n") {
    out.name = whole_name(std::move(value));
  } else if (name == "r") {
    take_relays(out, value);
  } else if (name == "i" || name == "j") {
    out.number = word(std::move(value));
  } else if (name == "s") {
    out.secret = word(std::move(value));
  } else if (name == "v") {
    out.v3 = value == "3";
  } else if (name == "x") {
    id = word(std::move(value));
  } else if (name == "g") {
    group = whole_name(std::move(value));
  } else if (name == "b") {
    channel = whole_name(std::move(value));
  }
}

bool is_fingerprint_size(std::size_t digits) { return digits == kV4Digits || digits == kV6Digits; }

bool says_version_3(std::string_view fields) {
  for (const std::string_view mark : {"#v=3", "&v=3", "%23v=3", "?v=3"}) {
    const std::size_t at = fields.find(mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = fields.substr(at + mark.size());
    if (rest.empty() || rest.front() == '&') return true;
  }
  return false;
}

void put_field(std::string& out, std::string_view name, std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out.append("&").append(name).append("=");
  for (const char c : value) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '@';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

void put_name(std::string& out, std::string_view field, std::string_view name, std::size_t most) {
  std::size_t characters = 0;
  std::size_t end = 0;
  while (end < name.size()) {
    if ((name[end] & 0xc0) != 0x80 && ++characters == most) break;
    ++end;
  }
  const bool cut = end < name.size();
  put_field(out, field, cut ? std::string(name.substr(0, end)) + "_" : std::string(name));
}

}  // namespace

bool is_mail_invite(std::string_view text) {
  const std::string_view link = crypto::invite::trimmed(text);
  if (crypto::invite::starts_with_caseless(link, kPage)) return true;
  if (!crypto::invite::starts_with_caseless(link, kScheme)) return false;
  const std::size_t digits = digits_at_front(link.substr(kScheme.size()));
  return digits == kV4Digits || (digits == kV6Digits && says_version_3(link));
}

std::string to_link(const MailInvite& invite) {
  std::string out = std::string(kPage) + invite.fingerprint + "&v=3";
  const bool channel = invite.group && invite.group->channel;
  if (invite.group) put_field(out, "x", invite.group->id);
  if (!invite.number.empty()) put_field(out, channel ? "j" : "i", invite.number);
  put_field(out, "s", invite.secret);
  put_field(out, "a", invite.addr);
  if (!invite.relays.empty()) {
    std::string relays;
    for (const std::string& relay : invite.relays) relays += (relays.empty() ? "" : ",") + relay;
    put_field(out, "r", relays);
  }
  put_name(out, "n", invite.name, kNameInLink);
  if (invite.group) put_name(out, channel ? "b" : "g", invite.group->name, kGroupInLink);
  return out;
}

base::Result<MailInvite> parse_mail_invite(std::string_view text) {
  const std::string_view link = crypto::invite::trimmed(text);
  if (link.size() > crypto::kMaxInviteLink) {
    return fail(Errc::too_large, "the invite link is longer than 2,000 bytes");
  }
  const bool page = crypto::invite::starts_with_caseless(link, kPage);
  if (!page && !crypto::invite::starts_with_caseless(link, kScheme)) {
    return fail(Errc::invalid_argument,
                "this is not an invite link of Delta Chat; it starts with OPENPGP4FPR: or " +
                    std::string(kPage));
  }
  std::string_view rest = link.substr(page ? kPage.size() : kScheme.size());
  const std::size_t digits = digits_at_front(rest);
  if (!is_fingerprint_size(digits)) {
    return fail(Errc::invalid_argument,
                "the invite link has no fingerprint of 40 or 64 hex digits; was it cut short?");
  }
  MailInvite out;
  out.fingerprint = rest.substr(0, digits);
  std::transform(out.fingerprint.begin(), out.fingerprint.end(), out.fingerprint.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  rest.remove_prefix(digits);
  for (const std::string_view mark : {"%23", "#", "?", "&"}) {
    if (!rest.starts_with(mark)) continue;
    rest.remove_prefix(mark.size());
    break;
  }
  std::string group;
  std::string channel;
  std::string id;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    take_field(out, group, channel, id, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  out.v3 = out.v3 || (out.number.empty() && !out.secret.empty());
  if (!id.empty() && !group.empty()) out.group = MailInvite::Group{id, group, false};
  if (!id.empty() && !channel.empty()) out.group = MailInvite::Group{id, channel, true};
  return out;
}

}  // namespace messaging
