#include "messaging/mail/form/login_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "messaging/mail/form/address.h"
#include "messaging/mail/form/json_text.h"
#include "messaging/mail/login_link.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kMostServersOfLogin = 20;  // core lists those that it may try
constexpr std::size_t kMaxSyncUser = 320;
constexpr std::int64_t kLatestChange = std::int64_t{1} << 40;

// Core's names: of what was found out, and of what a person entered.
constexpr std::array<std::pair<std::string_view, MailSecurity>, 3> kFoundSecurity{{
    {"Tls", MailSecurity::tls},
    {"Starttls", MailSecurity::starttls},
    {"Plain", MailSecurity::plain},
}};
constexpr std::array<std::pair<std::string_view, MailSecurity>, 3> kEnteredSecurity{{
    {"Ssl", MailSecurity::tls},
    {"Starttls", MailSecurity::starttls},
    {"Plain", MailSecurity::plain},
}};
constexpr std::string_view kAnyCertificate = "AcceptInvalidCertificates";

template <class Names>
std::string_view word_of(const Names& names, MailSecurity security) {
  for (const auto& [word, value] : names) {
    if (value == security) return word;
  }
  return names.front().first;
}

template <class Names>
std::optional<MailSecurity> security_in(const Names& names, std::string_view value) {
  const std::string text = json_text(value);
  for (const auto& [word, security] : names) {
    if (word == text) return security;
  }
  return std::nullopt;
}

// ---- writing ----

std::string secret_string(const crypto::WipingBytes& secret) {
  return json_string({reinterpret_cast<const char*>(secret.data()), secret.size()});
}

std::string found_servers(const MailServer& server) {
  return fmt::format(R"([{{"connection":{{"host":{},"port":{},"security":"{}"}},"user":{}}}])",
                     json_string(server.host), server.port,
                     word_of(kFoundSecurity, server.security), json_string(server.user));
}

std::string entered_server(const LoginRequest::Server& server, std::string_view folder,
                           const std::string& password) {
  return fmt::format(R"({{"server":{},"port":{},{}"security":"{}","user":{},"password":{}}})",
                     json_string(server.host), server.port, folder,
                     server.security ? word_of(kEnteredSecurity, *server.security) : "Automatic",
                     json_string(server.user), password);
}

std::string one_login(const SyncLogin& said) {
  const MailLogin& login = said.login;
  const std::string_view checks = login.any_certificate ? kAnyCertificate : "Automatic";
  const bool one_password = login.smtp.password == login.imap.password;
  return fmt::format(
      R"({{"configured":{{"addr":{0},"imap":{1},"imap_user":"","imap_password":{2},"smtp":{3},)"
      R"("smtp_user":"","smtp_password":{4},"certificate_checks":"{5}","oauth2":false}},)"
      R"("entered":{{"addr":{0},"imap":{6},"smtp":{7},"certificate_checks":"{8}","oauth2":false}},)"
      R"("timestamp":{9},"is_published":{10}}})",
      json_string(login.addr), found_servers(login.imap), secret_string(login.imap.password),
      found_servers(login.smtp), secret_string(login.smtp.password), checks,
      entered_server(said.entered.imap, R"("folder":"",)", secret_string(login.imap.password)),
      entered_server(said.entered.smtp, "",
                     one_password ? "\"\"" : secret_string(login.smtp.password)),
      said.entered.any_certificate ? kAnyCertificate : "Automatic", said.changed, said.published);
}

// ---- reading ----

std::optional<std::int64_t> time_in(const JsonFields& fields) {
  const auto seconds = json_number(json_field(fields, "timestamp"));
  if (!seconds || *seconds > static_cast<std::uint64_t>(kLatestChange)) return std::nullopt;
  return static_cast<std::int64_t>(*seconds);
}

std::optional<std::uint16_t> port_in(const JsonFields& fields) {
  const auto port = json_number(json_field(fields, "port"));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

bool is_credential(std::string_view text, std::size_t most) {
  return text.size() <= most &&
         std::ranges::none_of(text, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

std::string user_in(const JsonFields& fields, std::string_view name) {
  std::string user = json_text(json_field(fields, name));
  return is_credential(user, kMaxSyncUser) ? user : std::string();
}

crypto::WipingBytes password_in(const JsonFields& fields, std::string_view name) {
  std::string text = json_text(json_field(fields, name));
  crypto::WipingBytes password;
  if (is_credential(text, kMaxSyncPassword)) password.assign(text.begin(), text.end());
  crypto::wipe(text.data(), text.size());
  return password;
}

std::optional<MailServer> found_server(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto connection = json_object(json_field(*fields, "connection"));
  if (!connection) return std::nullopt;
  MailServer server;
  server.host = json_text(json_field(*connection, "host"));
  const auto port = port_in(*connection);
  const auto security = security_in(kFoundSecurity, json_field(*connection, "security"));
  if (!is_mail_domain(server.host) || !port || *port == 0 || !security) return std::nullopt;
  server.port = *port;
  server.security = *security;
  server.user = user_in(*fields, "user");
  return server;
}

// The first server that can be read, which is the one that core prefers.
std::optional<MailServer> server_in(const JsonFields& configured, const std::string& kind,
                                    const std::string& addr) {
  const auto list = json_array(json_field(configured, kind), kMostServersOfLogin);
  if (!list) return std::nullopt;
  for (const std::string_view one : *list) {
    auto server = found_server(one);
    if (!server) continue;
    if (server->user.empty()) server->user = user_in(configured, kind + "_user");
    if (server->user.empty()) server->user = addr;
    server->password = password_in(configured, kind + "_password");
    return server;
  }
  return std::nullopt;
}

bool takes_any_certificate(const JsonFields& fields) {
  return json_text(json_field(fields, "certificate_checks")).starts_with(kAnyCertificate);
}

LoginRequest::Server entered_in(const JsonFields& entered, std::string_view kind) {
  LoginRequest::Server server;
  const auto fields = json_object(json_field(entered, kind));
  if (!fields) return server;
  server.host = json_text(json_field(*fields, "server"));
  if (!is_mail_domain(server.host)) server.host.clear();
  server.port = port_in(*fields).value_or(0);
  server.security = security_in(kEnteredSecurity, json_field(*fields, "security"));
  server.user = user_in(*fields, "user");
  return server;
}

// An address and a time.
std::optional<std::pair<std::string, std::int64_t>> read_dated(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  auto addr = read_mail_address(json_text(json_field(*fields, "addr")));
  const auto seconds = time_in(*fields);
  if (!addr || !seconds) return std::nullopt;
  return std::pair(*std::move(addr), *seconds);
}

std::optional<SyncLogin> read_login(std::string_view value) {
  const auto fields = json_object(value);
  if (!fields) return std::nullopt;
  const auto configured = json_object(json_field(*fields, "configured"));
  const auto changed = time_in(*fields);
  if (!configured || !changed) return std::nullopt;
  SyncLogin said;
  said.changed = *changed;
  said.published = json_field(*fields, "is_published") != "false";
  auto addr = read_mail_address(json_text(json_field(*configured, "addr")));
  if (!addr) return std::nullopt;
  said.login.addr = *std::move(addr);
  auto imap = server_in(*configured, "imap", said.login.addr);
  auto smtp = server_in(*configured, "smtp", said.login.addr);
  if (!imap || !smtp || imap->password.empty()) return std::nullopt;
  if (smtp->password.empty()) smtp->password = imap->password;
  said.login.imap = *std::move(imap);
  said.login.smtp = *std::move(smtp);
  said.login.any_certificate = takes_any_certificate(*configured);
  said.entered.addr = said.login.addr;
  if (const auto entered = json_object(json_field(*fields, "entered"))) {
    said.entered.imap = entered_in(*entered, "imap");
    said.entered.smtp = entered_in(*entered, "smtp");
    said.entered.any_certificate = takes_any_certificate(*entered);
  }
  return said;
}

}  // namespace

std::string write_logins(const SyncLogins& said) {
  std::string logins;
  for (const SyncLogin& one : said.logins) logins += (logins.empty() ? "" : ",") + one_login(one);
  std::string removed;
  for (const SyncRemovedLogin& one : said.removed) {
    removed += fmt::format(R"({}{{"addr":{},"timestamp":{}}})", removed.empty() ? "" : ",",
                           json_string(one.addr), one.removed);
  }
  std::string primary;
  if (said.primary) {
    primary = fmt::format(R"(,"primary":{{"addr":{},"timestamp":{}}})",
                          json_string(said.primary->addr), said.primary->chosen);
  }
  return fmt::format(R"({{"transports":[{}],"removed_transports":[{}]{}}})", logins, removed,
                     primary);
}

std::optional<SyncLogins> read_logins(std::string_view json) {
  const auto fields = json_object(json);
  if (!fields) return std::nullopt;
  const auto logins = json_array(json_field(*fields, "transports"), kMaxSyncLogins);
  const auto removed = json_array(json_field(*fields, "removed_transports"), kMaxSyncRemovedLogins);
  SyncLogins said;
  if (logins) {
    for (const std::string_view one : *logins) {
      if (auto login = read_login(one)) said.logins.push_back(*std::move(login));
    }
  }
  if (removed) {
    for (const std::string_view one : *removed) {
      if (auto item = read_dated(one)) said.removed.push_back({item->first, item->second});
    }
  }
  if (const auto primary = read_dated(json_field(*fields, "primary"))) {
    said.primary = SyncPrimaryLogin{primary->first, primary->second};
  }
  if (said.logins.empty() && said.removed.empty() && !said.primary) return std::nullopt;
  return said;
}

}  // namespace messaging::mail
