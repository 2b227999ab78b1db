// Transports: how an account is reached. A native account has one, its address, and needs neither
// server nor password. A mail account has one for each login; passwords are written and never read.
#include "base/ascii.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/model/mail_invite.h"
#include "messaging/model/native_address.h"
#include "rpc/methods/account_links.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/login.h"

namespace rpc {
namespace {

using Login = messaging::Accounts::Login;
using messaging::mail::LoginRequest;
using messaging::mail::MailAccounts;
using messaging::mail::MailSecurity;

crypto::WipingBytes password_of(std::string_view text) {
  const auto bytes = base::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

Result<MailAccounts*> mails_of(Context& context) {
  if (MailAccounts* const mails = engine_of(context).mail_accounts()) return mails;
  return fail(Errc::forbidden, "this build was made without e-mail (EDGE_MAIL)");
}

void add_mail(Context& context, AccountId account, LoginRequest request, Completion<> done) {
  auto mails = mails_of(context);
  if (!mails) return done(std::move(mails).error());
  (*mails)->add(account, std::move(request), std::move(done));
}

void add_mail_by_link(Context& context, AccountId account, std::string_view link,
                      Completion<> done) {
  auto mails = mails_of(context);
  if (!mails) return done(std::move(mails).error());
  (*mails)->add_by_link(account, link, std::move(done));
}

std::optional<MailSecurity> security_of(const std::optional<shape::Socket>& socket) {
  if (socket == shape::Socket::ssl) return MailSecurity::tls;
  if (socket == shape::Socket::starttls) return MailSecurity::starttls;
  if (socket == shape::Socket::plain) return MailSecurity::plain;
  return std::nullopt;
}

shape::Socket socket_of(const std::optional<MailSecurity>& security) {
  if (security == MailSecurity::tls) return shape::Socket::ssl;
  if (security == MailSecurity::starttls) return shape::Socket::starttls;
  if (security == MailSecurity::plain) return shape::Socket::plain;
  return shape::Socket::automatic;
}

LoginRequest request_of(shape::EnteredLoginParam param) {
  LoginRequest out;
  out.addr = std::move(param.addr);
  out.password = password_of(param.password);
  out.imap.host = std::move(param.imap_server).value_or("");
  out.imap.port = param.imap_port.value_or(0);
  out.imap.security = security_of(param.imap_security);
  out.imap.user = std::move(param.imap_user).value_or("");
  out.smtp.host = std::move(param.smtp_server).value_or("");
  out.smtp.port = param.smtp_port.value_or(0);
  out.smtp.security = security_of(param.smtp_security);
  out.smtp.user = std::move(param.smtp_user).value_or("");
  out.smtp.password = password_of(param.smtp_password.value_or(""));
  out.any_certificate = param.certificate_checks == shape::CertificateChecks::accept_invalid;
  return out;
}

shape::EnteredLoginParam to_shape(const LoginRequest& entered) {
  shape::EnteredLoginParam out;
  out.addr = entered.addr;
  const auto text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional(value);
  };
  const auto port = [](std::uint16_t value) {
    return value == 0 ? std::nullopt : std::optional(value);
  };
  out.imap_server = text(entered.imap.host);
  out.imap_port = port(entered.imap.port);
  out.imap_security = socket_of(entered.imap.security);
  out.imap_user = text(entered.imap.user);
  out.smtp_server = text(entered.smtp.host);
  out.smtp_port = port(entered.smtp.port);
  out.smtp_security = socket_of(entered.smtp.security);
  out.smtp_user = text(entered.smtp.user);
  out.certificate_checks = entered.any_certificate ? shape::CertificateChecks::accept_invalid
                                                   : shape::CertificateChecks::automatic;
  return out;
}

// The config keys by which older clients enter a login; nothing when the address is not an e-mail
// address.
Result<std::optional<LoginRequest>> entered_by_settings(Context& context, AccountId account) {
  auto& config = engine_of(context).config();
  const auto get = [&](const char* key) -> Result<std::string> {
    EDGE_TRY(auto value, config.get(account, key));
    return std::move(value).value_or("");
  };
  LoginRequest out;
  EDGE_TRY(out.addr, get("addr"));
  EDGE_TRY(const std::string password, get("mail_pw"));
  if (!messaging::is_of_mail(out.addr) || password.empty()) return std::optional<LoginRequest>();
  out.password = password_of(password);
  const auto read = [&](LoginRequest::Server& to, const std::string& prefix) -> Result<> {
    EDGE_TRY(to.host, get((prefix + "_server").c_str()));
    EDGE_TRY(to.user, get((prefix + "_user").c_str()));
    EDGE_TRY(const std::string port, get((prefix + "_port").c_str()));
    to.port = static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
    EDGE_TRY(const std::string security, get((prefix + "_security").c_str()));
    if (security == "1") to.security = MailSecurity::tls;
    if (security == "2") to.security = MailSecurity::starttls;
    if (security == "3") to.security = MailSecurity::plain;
    return {};
  };
  EDGE_CHECK(read(out.imap, "mail"));
  EDGE_CHECK(read(out.smtp, "send"));
  EDGE_TRY(const std::string smtp_password, get("send_pw"));
  out.smtp.password = password_of(smtp_password);
  EDGE_TRY(const std::string checks, get("imap_certificate_checks"));
  out.any_certificate = checks == "2" || checks == "3";
  return std::optional(std::move(out));
}

void configure(Context& context, OfAccount p, Completion<> done) {
  auto entered = entered_by_settings(context, p.account_id);
  if (!entered) return done(std::move(entered).error());
  if (*entered) return add_mail(context, p.account_id, **std::move(entered), std::move(done));
  engine_of(context).accounts().configure(p.account_id, {}, std::move(done));
}

struct AddTransport : OfAccount {
  shape::EnteredLoginParam param;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("param", &AddTransport::param,
                                         "of a native account addr alone is used and stored"));
  }
};

// A native account's transport, entered again as list_transports showed it, whatever its domain.
bool is_own_native(Context& context, AccountId account, const shape::EnteredLoginParam& param) {
  if (!param.password.empty()) return false;
  if (MailAccounts* const mails = engine_of(context).mail_accounts()) {
    const auto logins = mails->list(account);
    if (!logins || !logins->empty()) return false;
  }
  const auto found = engine_of(context).accounts().get(account);
  return found && found->configured && found->addr == param.addr;
}

void add_or_update_transport(Context& context, AddTransport p, Completion<> done) {
  if (messaging::is_of_mail(p.param.addr) && !is_own_native(context, p.account_id, p.param)) {
    return add_mail(context, p.account_id, request_of(std::move(p.param)), std::move(done));
  }
  engine_of(context).accounts().configure(p.account_id, {.addr = std::move(p.param.addr)},
                                          std::move(done));
}

void add_transport_from_qr(Context& context, OfLink p, Completion<> done) {
  configure_by_link(context, p.account_id, p.qr, std::move(done));
}

struct InitTransports : OfAccount {
  std::optional<std::string> qr;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("qr", &InitTransports::qr, "a link to an account, or an invite; null: none"));
  }
};

// Who joins by the invite of a mail account becomes one of mail on the same relay.
void init_transports(Context& context, InitTransports p, Completion<> done) {
  auto found = engine_of(context).accounts().get(p.account_id);
  if (!found) return done(std::move(found).error());
  if (found->configured) return done({});
  const std::string link = std::move(p.qr).value_or("");
  if (messaging::is_mail_invite(link)) {
    auto invite = messaging::parse_mail_invite(link);
    if (!invite) return done(std::move(invite).error());
    const std::size_t at = invite->addr.rfind('@');
    if (at == std::string::npos) {
      return done(fail(Errc::invalid_argument, "the invite names no relay"));
    }
    return configure_by_link(context, p.account_id, "dcaccount:" + invite->addr.substr(at + 1),
                             std::move(done));
  }
  const bool native_invite = base::lower_ascii(link.substr(0, 12)) == "openpgp4fpr:";
  if (!link.empty() && !native_invite) {
    return configure_by_link(context, p.account_id, link, std::move(done));
  }
  engine_of(context).accounts().configure(p.account_id, {}, std::move(done));
}

struct PseudoTransport : OfAccount {
  std::string addr;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("addr", &PseudoTransport::addr, "not used"));
  }
};

void add_pseudo_transport(Context& context, PseudoTransport p, Completion<> done) {
  engine_of(context).accounts().configure(p.account_id, {}, std::move(done));
}

// Nothing for an account that is not configured.
Result<std::vector<shape::EnteredLoginParam>> list_transports(Context& context,
                                                              const OfAccount& p) {
  std::vector<shape::EnteredLoginParam> all;
  if (MailAccounts* const mails = engine_of(context).mail_accounts()) {
    EDGE_TRY(const auto logins, mails->list(p.account_id));
    for (const auto& login : logins) all.push_back(to_shape(login.entered));
    if (!all.empty()) return all;
  }
  EDGE_TRY(auto found, engine_of(context).accounts().get(p.account_id));
  if (found.configured) all.emplace_back().addr = std::move(found.addr);
  return all;
}

Result<std::vector<shape::TransportListEntry>> list_transports_ex(Context& context,
                                                                  const OfAccount& p) {
  EDGE_TRY(auto params, list_transports(context, p));
  std::vector<shape::TransportListEntry> all;
  for (auto& param : params) all.push_back({false, std::move(param)});
  return all;
}

struct OfTransport : OfAccount {
  std::string addr;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("addr", &OfTransport::addr, "of a transport, as listed"));
  }
};

void delete_transport(Context& context, OfTransport p, Completion<> done) {
  auto mails = mails_of(context);
  if (!mails) return done(std::move(mails).error());
  (*mails)->remove(p.account_id, std::move(p.addr), std::move(done));
}

}  // namespace

void configure_by_link(Context& context, AccountId account, std::string_view link,
                       Completion<> done) {
  Login login;
  if (messaging::is_account_link(link)) {
    auto domain = messaging::domain_of_account_link(link);
    if (!domain) return done(std::move(domain).error());
    if (messaging::is_of_mail(*domain)) {
      return add_mail_by_link(context, account, link, std::move(done));
    }
    login.domain = *std::move(domain);
  } else if (messaging::is_login_link(link)) {
    auto addr = messaging::address_of_login_link(link);
    if (!addr) return done(std::move(addr).error());
    if (messaging::is_of_mail(*addr)) {
      return add_mail_by_link(context, account, link, std::move(done));
    }
    login.addr = *std::move(addr);
  } else {
    return done(fail(Errc::invalid_argument,
                     "QR code does not contain account: expected a link like dcaccount:edge"));
  }
  engine_of(context).accounts().configure(account, std::move(login), std::move(done));
}

void add_transport_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                             Errc::unavailable, Errc::exhausted}};
  table.push_back(method<&configure>(
      "configure",
      "Configures an account: with the address in the setting addr, or one that is made up. "
      "ConfigureProgress up to 1000, then ImapInboxIdle. A configured account stays as it is. With "
      "an address of mail and mail_pw the settings mail_… and send_… are used as "
      "add_or_update_transport uses its parameters.",
      write));
  table.push_back(method<&add_or_update_transport>(
      "add_or_update_transport",
      "Configures an account with an address that people recognise, NAME@DOMAIN. A domain with a "
      "dot is a mail server's: its login is tried at both servers, which are found where they are "
      "not given, and stored, the password sealed. An account has up to five; one that exists "
      "already is replaced. Without a dot the address alone is used and stored; a configured "
      "account gets the new address. Events as of configure.",
      write));
  table.push_back(method<&add_or_update_transport>("add_transport",
                                                   "The same as add_or_update_transport.", write));
  table.push_back(method<&add_transport_from_qr>(
      "add_transport_from_qr",
      "Configures an account by a link: dcaccount:DOMAIN or dcaccount:https://… makes an account "
      "on "
      "a mail relay, dclogin: uses one, dcaccount:NAME (without a dot) makes a native address up.",
      write));
  table.push_back(method<&init_transports>(
      "init_transports",
      "Configures an account that is not: by a link as add_transport_from_qr, on the relay of the "
      "mail account whose invite it is, or as configure does.",
      write));
  table.push_back(method<&add_pseudo_transport>(
      "add_pseudo_transport",
      "For tests of clients without a network: configures an account as configure does.", write));
  table.push_back(method<&list_transports>(
      "list_transports",
      "What was entered for each transport, without passwords; of a native account its address, "
      "once it is configured.",
      read));
  table.push_back(method<&list_transports_ex>("list_transports_ex",
                                              "As list_transports, one level deeper.", read));
  table.push_back(method<&delete_transport>("delete_transport",
                                            "Deletes a mail login, but not the last one. After the "
                                            "primary one the newest is primary; the "
                                            "setting configured_addr makes another one primary.",
                                            write));
}

}  // namespace rpc
