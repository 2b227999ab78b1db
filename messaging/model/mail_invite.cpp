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
constexpr std::size_t kDigits = 40;
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
    out.name = plain_name(value);
  } else if (name == "i") {
    out.number = word(std::move(value));
  } else if (name == "s") {
    out.secret = word(std::move(value));
  } else if (name == "v") {
    out.v3 = value == "3";
  } else if (name == "x") {
    id = word(std::move(value));
  } else if (name == "g") {
    group = plain_name(value);
  } else if (name == "b") {
    channel = plain_name(value);
  }
}

}  // namespace

bool is_mail_invite(std::string_view text) {
  const std::string_view link = crypto::invite::trimmed(text);
  if (crypto::invite::starts_with_caseless(link, kPage)) return true;
  return crypto::invite::starts_with_caseless(link, kScheme) &&
         digits_at_front(link.substr(kScheme.size())) == kDigits;
}

base::Result<MailInvite> parse_mail_invite(std::string_view text) {
  const std::string_view link = crypto::invite::trimmed(text);
  if (link.size() > crypto::kMaxInviteLink) {
    return fail(Errc::too_large, "the invite link is longer than 2,000 bytes");
  }
  const bool page = crypto::invite::starts_with_caseless(link, kPage);
  std::string_view rest = link.substr(page ? kPage.size() : kScheme.size());
  if (digits_at_front(rest) != kDigits) {
    return fail(Errc::invalid_argument,
                "the invite link has no fingerprint of 40 hex digits; was it cut short?");
  }
  MailInvite out;
  out.fingerprint = rest.substr(0, kDigits);
  std::transform(out.fingerprint.begin(), out.fingerprint.end(), out.fingerprint.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  rest.remove_prefix(kDigits);
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
  if (!id.empty() && !group.empty()) out.group = MailInvite::Group{id, group, false};
  if (!id.empty() && !channel.empty()) out.group = MailInvite::Group{id, channel, true};
  return out;
}

}  // namespace messaging
