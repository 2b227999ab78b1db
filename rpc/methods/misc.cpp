// Methods of the daemon itself, and small helpers.
#include <cmath>

#include "rpc/methods/params.h"
#include "rpc/service.h"
#include "rpc/timer.h"

namespace rpc {
namespace {

Result<std::map<std::string, std::string>> get_system_info(Context& context, const NoParams&) {
  return engine_of(context).accounts().system_info();
}

Result<RawJson> discover(Context& context, const NoParams&) {
  return RawJson{openrpc_document(*context.table)};
}

struct Sleep {
  double delay = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("delay", &Sleep::delay, "seconds, at most 86,400"));
  }
};

void sleep(Context& context, Sleep p, Completion<> done) {
  if (!(p.delay >= 0 && p.delay <= 86'400)) {
    return done(fail(Errc::invalid_argument, "delay: expected a number from 0 to 86400"));
  }
  context.timer->after(std::chrono::milliseconds(std::llround(p.delay * 1000)), context.caller,
                       std::move(done));
}

struct Email {
  std::string email;
  static constexpr auto fields() {
    return std::tuple(base::field("email", &Email::email, "an address"));
  }
};

// Catches typing errors only, because an address is a label: one @ with something on both sides.
Result<bool> check_email_validity(Context&, const Email& p) {
  const auto at = p.email.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == p.email.size()) return false;
  if (p.email.ends_with('.')) return false;
  return p.email.find_first_of(" \t\r\n<>") == std::string::npos;
}

}  // namespace

void add_misc_methods(std::vector<Method>& table) {
  table.push_back(method<&get_system_info>("get_system_info", "Facts about the daemon, as texts.",
                                           {.fuzz = Fuzz::safe, .touches = TouchedAccounts::none}));
  table.push_back(method<&discover>("rpc.discover", "This list as an OpenRPC document.",
                                    {.fuzz = Fuzz::safe, .touches = TouchedAccounts::none}));
  table.push_back(method<&sleep>("sleep", "Answers after a while.",
                                 {.fuzz = Fuzz::unsafe,
                                  .errors = {Errc::invalid_argument, Errc::unavailable},
                                  .parked = true,
                                  .touches = TouchedAccounts::none}));
  table.push_back(method<&check_email_validity>(
      "check_email_validity", "Whether a text has the form of an address.",
      {.fuzz = Fuzz::safe, .touches = TouchedAccounts::none}));
}

}  // namespace rpc
