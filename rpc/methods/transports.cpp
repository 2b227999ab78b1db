// Transports: where an account is reached. A native account has one, its address, and needs neither
// server nor password: what is entered of those is not stored.
#include "messaging/model/native_address.h"
#include "rpc/methods/account_links.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/login.h"

namespace rpc {
namespace {

using Login = messaging::Accounts::Login;

void configure(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).accounts().configure(p.account_id, {}, std::move(done));
}

struct AddTransport : OfAccount {
  shape::EnteredLoginParam param;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("param", &AddTransport::param, "of it, addr alone is used and stored"));
  }
};

void add_or_update_transport(Context& context, AddTransport p, Completion<> done) {
  engine_of(context).accounts().configure(p.account_id, {.addr = std::move(p.param.addr)},
                                          std::move(done));
}

void add_transport_from_qr(Context& context, OfLink p, Completion<> done) {
  configure_by_link(context, p.account_id, p.qr, std::move(done));
}

// Nothing for an account that is not configured.
Result<std::optional<shape::EnteredLoginParam>> native(Context& context, AccountId account) {
  EDGE_TRY(auto found, engine_of(context).accounts().get(account));
  std::optional<shape::EnteredLoginParam> param;
  if (found.configured) param.emplace().addr = std::move(found.addr);
  return param;
}

Result<std::vector<shape::EnteredLoginParam>> list_transports(Context& context,
                                                              const OfAccount& p) {
  EDGE_TRY(auto param, native(context, p.account_id));
  std::vector<shape::EnteredLoginParam> all;
  if (param) all.push_back(*std::move(param));
  return all;
}

Result<std::vector<shape::TransportListEntry>> list_transports_ex(Context& context,
                                                                  const OfAccount& p) {
  EDGE_TRY(auto param, native(context, p.account_id));
  std::vector<shape::TransportListEntry> all;
  if (param) all.push_back({false, *std::move(param)});
  return all;
}

}  // namespace

void configure_by_link(Context& context, AccountId account, std::string_view link,
                       Completion<> done) {
  Login login;
  if (messaging::is_account_link(link)) {
    auto domain = messaging::domain_of_account_link(link);
    if (!domain) return done(std::move(domain).error());
    login.domain = *std::move(domain);
  } else if (messaging::is_login_link(link)) {
    auto addr = messaging::address_of_login_link(link);
    if (!addr) return done(std::move(addr).error());
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
                  .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden}};
  table.push_back(method<&configure>(
      "configure",
      "Configures an account: with the address in the setting addr, or one that is made up. "
      "ConfigureProgress up to 1000, then ImapInboxIdle. A configured account stays as it is.",
      write));
  table.push_back(method<&add_or_update_transport>(
      "add_or_update_transport",
      "Configures an account with an address that people recognise, NAME@DOMAIN; a domain with a "
      "dot is a mail server's, which is not offered. A configured account gets the new address. "
      "Password and servers are neither used nor stored. Events as of configure.",
      write));
  table.push_back(method<&add_or_update_transport>("add_transport",
                                                   "The same as add_or_update_transport.", write));
  table.push_back(method<&add_transport_from_qr>(
      "add_transport_from_qr",
      "Configures an account by a link dcaccount:NAME: the address is made up.", write));
  table.push_back(method<&list_transports>(
      "list_transports",
      "One entry, the account's address with no password; none before it is configured.", read));
  table.push_back(method<&list_transports_ex>("list_transports_ex",
                                              "As list_transports, one level deeper.", read));
}

}  // namespace rpc
