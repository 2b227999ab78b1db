// The license: privitty_license_*. Of the whole daemon, so without an account.
#include "rpc/licensing.h"
#include "rpc/methods/params.h"

namespace rpc {
namespace {

base::Error none_needed() {
  return fail(Errc::unavailable, "this gateway was started without a license; none is needed");
}

struct Init {
  std::string data_dir;
  std::optional<std::string> lic_path;
  std::optional<std::string> server_url;
  std::optional<std::string> invite_link;
  static constexpr auto fields() {
    return std::tuple(
        base::field("data_dir", &Init::data_dir, "ignored: the daemon has its own"),
        base::field("lic_path", &Init::lic_path, "ignored: DIR/privitty.lic"),
        base::field("server_url", &Init::server_url, "ignored: it comes with the license"),
        base::field("invite_link", &Init::invite_link, "ignored"));
  }
};

Result<void> license_init(Context& context, const Init&) {
  return context.licensing == nullptr ? Result<void>() : context.licensing->reload();
}

Result<std::int32_t> license_status(Context& context, const NoParams&) {
  return context.licensing == nullptr ? 5 : context.licensing->status();
}

Result<std::string> license_info(Context& context, const NoParams&) {
  if (context.licensing == nullptr) return none_needed();
  return context.licensing->info();
}

struct Feature {
  std::uint32_t feature_id = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("feature_id", &Feature::feature_id, "1: protected files"));
  }
};

Result<void> license_feature(Context& context, const Feature&) {
  return context.licensing == nullptr ? Result<void>() : context.licensing->check();
}

template <Licensing::Act kAct>
void license_act(Context& context, NoParams, Completion<> done) {
  if (context.licensing == nullptr) return done(none_needed());
  context.licensing->act(kAct, std::move(done));
}

}  // namespace

base::Error license_required(std::string_view status) {
  return fail(Errc::license_required,
              "Privitty license required: status is '" + std::string(status) +
                  "'. Run `privitty-edge license activate <url>` to install or renew.");
}

void add_license_methods(std::vector<Method>& table) {
  const Row on_line{.scope = KeyScope::admin,
                    .fuzz = Fuzz::safe,
                    .errors = {Errc::invalid_argument, Errc::not_found, Errc::forbidden,
                               Errc::unavailable, Errc::gone, Errc::io},
                    .parked = true};
  table.push_back(method<&license_init>("privitty_license_init", "Reads the license file again.",
                                        {.scope = KeyScope::admin, .fuzz = Fuzz::safe}));
  table.push_back(method<&license_status>(
      "privitty_license_get_status",
      "0 active, 1 grace period, 2 expired, 3 none, 4 the clock was set back, 5 none is needed.",
      {.fuzz = Fuzz::safe, .touches = TouchedAccounts::none}));
  table.push_back(method<&license_info>(
      "privitty_license_get_info",
      "The license as a JSON text: status, licenseId, "
      "customerId, licenseType, maxDevices, activatedDevices, "
      "expiresAt (Unix seconds or null), gracePeriodDays.",
      {.fuzz = Fuzz::safe, .errors = {Errc::unavailable}, .touches = TouchedAccounts::none}));
  table.push_back(method<&license_feature>(
      "privitty_license_check_feature", "Fails unless the license allows the feature.",
      {.fuzz = Fuzz::safe, .errors = {Errc::license_required}, .touches = TouchedAccounts::none}));
  table.push_back(method<&license_act<Licensing::Act::activate>>(
      "privitty_license_activate", "Fetches the license again from where it came from.", on_line));
  table.push_back(method<&license_act<Licensing::Act::sync>>(
      "privitty_license_sync", "Tells the license server that this device uses it, and fetches it.",
      on_line));
  table.push_back(method<&license_act<Licensing::Act::deactivate>>(
      "privitty_license_deactivate",
      "Gives this device's seat back; the file stays to be looked at.", on_line));
}

}  // namespace rpc
