// The capabilities of contacts' devices.
#include "rpc/shapes/device.h"

#include "rpc/json_write.h"
#include "rpc/methods/params.h"

namespace rpc {
namespace {

Result<std::optional<std::string>> capabilities(Context& context, const OfChat& p) {
  EDGE_TRY(auto manifest, engine_of(context).device_manifests().of_chat(p.account_id, p.chat_id));
  if (!manifest) return std::optional<std::string>();
  return std::optional(to_json(shape::to_shape(*std::move(manifest))));
}

}  // namespace

void add_device_methods(std::vector<Method>& table) {
  table.push_back(method<&capabilities>(
      "privitty_get_device_capabilities",
      "Which commands the contact's device lets this account ask for: the JSON text of "
      "{commands_enabled, "
      "commands: [{name, description, output_mode, args: [{name, type, default, choices}]}], "
      "platform, edge_version}. null: it said nothing, as a device does whose commands are not for "
      "this account. PrivittyDeviceCapabilitiesReceived announces a new one.",
      {.fuzz = Fuzz::safe, .errors = {Errc::not_found, Errc::corrupt}}));
}

}  // namespace rpc
