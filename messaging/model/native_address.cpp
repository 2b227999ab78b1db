#include "messaging/model/native_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/bytes.h"
#include "crypto/invite_rules.h"
#include "crypto/random.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxShown = 320;
constexpr std::string_view kAccountScheme = "dcaccount:";
constexpr std::string_view kLoginScheme = "dclogin:";

base::Error no_mail(std::string_view what) {
  return fail(
      Errc::forbidden,
      fmt::format("{}: a domain with a dot is a mail server's, which needs a login. A native "
                  "account has a name without a dot there: bot@edge, or the link "
                  "dcaccount:edge",
                  what.substr(0, kMaxShown)));
}

bool is_mail_domain(std::string_view domain) {
  return domain.find('.') != std::string_view::npos || domain.starts_with('[');
}

bool domain_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// The part after the scheme, without the slashes that some programs add.
std::string_view behind(std::string_view text, std::string_view scheme) {
  std::string_view rest = crypto::invite::trimmed(text);
  rest.remove_prefix(std::min(rest.size(), scheme.size()));
  if (rest.starts_with("//")) rest.remove_prefix(2);
  return rest;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = base::from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out += static_cast<char>(byte->front());
    i += 2;
  }
  return out;
}

}  // namespace

bool is_of_mail(std::string_view addr) {
  addr = crypto::invite::trimmed(addr);
  return is_mail_domain(addr.substr(addr.rfind('@') + 1));
}

base::Result<std::string> native_address(std::string_view entered) {
  const std::string_view addr = crypto::invite::trimmed(entered);
  if (addr.empty()) {
    return fail(Errc::invalid_argument, "Missing email address: enter one like bot@edge");
  }
  const std::size_t at = addr.rfind('@');
  if (at == std::string_view::npos) {
    return fail(Errc::invalid_argument,
                fmt::format("Bad email-address: Email \"{}\" must contain '@' character",
                            addr.substr(0, kMaxShown)));
  }
  const std::string_view domain = addr.substr(at + 1);
  if (is_mail_domain(domain)) return no_mail(addr);
  if (!crypto::invite::is_address(addr) ||
      !std::all_of(domain.begin(), domain.end(), domain_character)) {
    return fail(Errc::invalid_argument,
                fmt::format("Bad email-address: \"{}\" is not of the form NAME@DOMAIN",
                            addr.substr(0, kMaxShown)));
  }
  return base::lower_ascii(addr);
}

base::Result<std::string> made_up_address(std::string_view domain) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr std::size_t kLength = 9;
  std::string addr;
  for (const std::uint8_t byte : crypto::random_array<kLength>()) {
    addr += kCharacters[byte % kCharacters.size()];
  }
  if (is_mail_domain(domain)) return no_mail(domain);
  return native_address(addr.append("@").append(domain));
}

bool is_account_link(std::string_view text) {
  return crypto::invite::starts_with_caseless(crypto::invite::trimmed(text), kAccountScheme);
}

base::Result<std::string> domain_of_account_link(std::string_view text) {
  std::string_view rest = behind(text, kAccountScheme);
  if (crypto::invite::starts_with_caseless(rest, "https://")) {
    rest.remove_prefix(std::string_view("https://").size());
    rest = rest.substr(0, rest.find_first_of("/?#"));
  }
  if (rest.empty()) return fail(Errc::invalid_argument, "dcaccount payload is empty");
  return std::string(rest.substr(0, kMaxShown));
}

bool is_login_link(std::string_view text) {
  return crypto::invite::starts_with_caseless(crypto::invite::trimmed(text), kLoginScheme);
}

base::Result<std::string> address_of_login_link(std::string_view text) {
  const std::string_view rest = behind(text, kLoginScheme);
  const std::size_t options = rest.find('?');
  const auto addr = percent_decoded(rest.substr(0, std::min(options, rest.find('/'))));
  if (options == std::string_view::npos || !addr || !crypto::invite::is_address(*addr)) {
    return fail(Errc::invalid_argument,
                "invalid DCLOGIN payload: expected dclogin:ADDRESS?p=PASSWORD&v=1");
  }
  return *addr;
}

}  // namespace messaging
