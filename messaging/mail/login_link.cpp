#include "messaging/mail/login_link.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/bytes.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMostLink = 4'096;
constexpr std::size_t kMostAddress = 254;
constexpr std::size_t kMostDomain = 253;

base::Error wrong(std::string_view what) {
  return fail(Errc::invalid_argument, "the login link cannot be read: " + std::string(what));
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      const auto byte = base::from_hex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      c = static_cast<char>(byte->front());
      i += 2;
    }
    if (c == '\0' || c == '\r' || c == '\n') return std::nullopt;
    out += c;
  }
  return base::is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

crypto::WipingBytes secret(std::string_view text) {
  const auto bytes = base::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

std::string_view trimmed_link(std::string_view link) {
  while (!link.empty() && static_cast<unsigned char>(link.front()) <= ' ') link.remove_prefix(1);
  while (!link.empty() && static_cast<unsigned char>(link.back()) <= ' ') link.remove_suffix(1);
  return link;
}

// Behind "scheme:", with or without "//".
std::optional<std::string_view> behind_scheme(std::string_view link, std::string_view scheme) {
  if (link.size() > kMostLink || link.size() < scheme.size() ||
      base::lower_ascii(link.substr(0, scheme.size())) != scheme) {
    return std::nullopt;
  }
  link.remove_prefix(scheme.size());
  if (link.starts_with("//")) link.remove_prefix(2);
  return link;
}

Result<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return wrong("a port is a number from 1 to 65535");
  }
  return port;
}

Result<std::optional<MailSecurity>> read_security(std::string_view text) {
  if (text == "ssl") return std::optional(MailSecurity::tls);
  if (text == "starttls") return std::optional(MailSecurity::starttls);
  if (text == "plain") return std::optional(MailSecurity::plain);
  if (text == "default") return std::optional<MailSecurity>();
  return wrong("the security is ssl, starttls, plain or default");
}

// One option of a dclogin link; unknown ones are ignored, as core does.
Result<> read_option(LoginRequest& out, std::string_view name, std::string_view value) {
  LoginRequest::Server* server = nullptr;
  if (name.starts_with('i')) server = &out.imap;
  if (name.starts_with('s')) server = &out.smtp;
  const std::string_view of = name.substr(std::min<std::size_t>(1, name.size()));
  if (name == "p") {
    out.password = secret(value);
  } else if (name == "v") {
    if (value != "1") return wrong("it is of another version than 1");
  } else if (name == "ic") {
    if (value.size() != 1 || value[0] < '0' || value[0] > '3') {
      return wrong("ic, the certificate checks, is 0, 1, 2 or 3");
    }
    out.any_certificate = value == "2" || value == "3";
  } else if (server != nullptr && of == "h") {
    if (!is_mail_domain(value)) return wrong("a server's name is not one");
    server->host = base::lower_ascii(value);
  } else if (server != nullptr && of == "p") {
    EDGE_TRY(server->port, read_port(value));
  } else if (server != nullptr && of == "u") {
    server->user = std::string(value);
  } else if (server != nullptr && of == "pw") {
    server->password = secret(value);
  } else if (server != nullptr && of == "s") {
    EDGE_TRY(server->security, read_security(value));
  }
  return {};
}

}  // namespace

bool is_mail_domain(std::string_view text) {
  if (text.empty() || text.size() > kMostDomain || text.front() == '.' || text.front() == '-') {
    return false;
  }
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
}

Result<std::string> read_mail_address(std::string_view text) {
  const auto bad = [] {
    return fail(Errc::invalid_argument,
                "the mail address is expected as NAME@DOMAIN, at most 254 printable characters "
                "without spaces");
  };
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || text.size() > kMostAddress) return bad();
  const bool plain = std::ranges::all_of(text, [](char c) {
    return c > ' ' && c <= '~' && c != '<' && c != '>' && c != '"' && c != ',' && c != ';' &&
           c != '\\' && c != '(' && c != ')';
  });
  std::string_view domain = text.substr(at + 1);
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
    domain = domain.substr(1, domain.size() - 2);
  }
  if (!plain || !is_mail_domain(domain) || text.find('@') != at) return bad();
  return base::lower_ascii(text);
}

Result<LoginRequest> read_login_link(std::string_view link) {
  const auto rest = behind_scheme(trimmed_link(link), "dclogin:");
  if (!rest) return wrong("expected dclogin:ADDRESS?p=PASSWORD&v=1");
  const std::size_t query = rest->find('?');
  if (query == std::string_view::npos) return wrong("expected dclogin:ADDRESS?p=PASSWORD&v=1");
  LoginRequest out;
  const auto addr = percent_decoded(rest->substr(0, std::min(query, rest->find('/'))), false);
  if (!addr) return wrong("its address is not percent-encoded UTF-8");
  EDGE_TRY(out.addr, read_mail_address(*addr));
  bool versioned = false;
  std::string_view options = rest->substr(query + 1);
  while (!options.empty()) {
    const std::string_view one = options.substr(0, options.find('&'));
    options.remove_prefix(std::min(options.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = percent_decoded(one.substr(equals + 1), true);
    if (!value) return wrong("an option is not percent-encoded UTF-8");
    versioned = versioned || one.substr(0, equals) == "v";
    EDGE_CHECK(read_option(out, one.substr(0, equals), *value));
    crypto::wipe(value->data(), value->size());
  }
  if (!versioned) return wrong("it has no version, v=1");
  if (out.password.empty()) return wrong("it has no password, p=…");
  return out;
}

Result<LoginRequest> read_account_link(std::string_view link) {
  constexpr std::string_view kExpected =
      "expected dcaccount:DOMAIN of a chatmail relay, or dcaccount:https://…";
  const auto rest = behind_scheme(trimmed_link(link), "dcaccount:");
  if (!rest) return fail(Errc::invalid_argument, std::string(kExpected));
  LoginRequest out;
  out.domain = std::string(*rest);
  if (base::lower_ascii(rest->substr(0, 8)) == "https://") {
    const std::string_view url = rest->substr(8);
    const std::string_view host = url.substr(0, url.find_first_of("/?#"));
    const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~'; });
    if (!plain || !is_mail_domain(host))
      return fail(Errc::invalid_argument, std::string(kExpected));
    return out;
  }
  while (out.domain.ends_with('/')) out.domain.pop_back();
  if (!is_mail_domain(out.domain)) return fail(Errc::invalid_argument, std::string(kExpected));
  out.domain = base::lower_ascii(out.domain);
  return out;
}

}  // namespace messaging::mail
