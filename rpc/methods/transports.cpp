// Transports: an edge needs no login. The methods are there for clients that configure one first;
// they change nothing and say that all is well.
#include "rpc/event_queue.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/login.h"

namespace rpc {
namespace {

// The account exists, so it is configured: clients that wait for progress get the last step.
Result<> already_configured(Context& context, AccountId account) {
  EDGE_CHECK(engine_of(context).accounts().get(account));
  const messaging::Event done{base::EventId(), account, context.clock->now(),
                              messaging::ConfigureProgress{1000}};
  context.queue->push(std::span(&done, 1));
  return {};
}

Result<> configure(Context& context, const OfAccount& p) {
  return already_configured(context, p.account_id);
}

struct AddTransport : OfAccount {
  shape::EnteredLoginParam param;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("param", &AddTransport::param, "not used, never stored"));
  }
};

Result<> add_or_update_transport(Context& context, const AddTransport& p) {
  return already_configured(context, p.account_id);
}

Result<> add_transport_from_qr(Context& context, const OfLink& p) {
  return already_configured(context, p.account_id);
}

Result<shape::EnteredLoginParam> native(Context& context, AccountId account) {
  EDGE_TRY(auto found, engine_of(context).accounts().get(account));
  shape::EnteredLoginParam param;
  param.addr = std::move(found.addr);
  return param;
}

Result<std::vector<shape::EnteredLoginParam>> list_transports(Context& context,
                                                              const OfAccount& p) {
  EDGE_TRY(auto param, native(context, p.account_id));
  return std::vector{std::move(param)};
}

Result<std::vector<shape::TransportListEntry>> list_transports_ex(Context& context,
                                                                  const OfAccount& p) {
  EDGE_TRY(auto param, native(context, p.account_id));
  return std::vector{shape::TransportListEntry{false, std::move(param)}};
}

}  // namespace

void add_transport_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&configure>(
      "configure", "Nothing to do: accounts need no login. ConfigureProgress 1000 follows.",
      write));
  table.push_back(method<&add_or_update_transport>(
      "add_or_update_transport",
      "Nothing to do: accounts need no login, and what is entered is not stored. "
      "ConfigureProgress 1000 follows.",
      write));
  table.push_back(method<&add_or_update_transport>("add_transport",
                                                   "The same as add_or_update_transport.", write));
  table.push_back(method<&add_transport_from_qr>(
      "add_transport_from_qr", "Nothing to do, as add_or_update_transport.", write));
  table.push_back(method<&list_transports>(
      "list_transports", "One entry: the account's address, with no password.", read));
  table.push_back(method<&list_transports_ex>("list_transports_ex",
                                              "As list_transports, one level deeper.", read));
}

}  // namespace rpc
