#include "rpc/shapes/device.h"

namespace rpc::shape {
namespace {

std::string_view name_of(messaging::DeviceArgumentType type) {
  switch (type) {
    case messaging::DeviceArgumentType::choice:
      return "choice";
    case messaging::DeviceArgumentType::integer:
      return "int";
    case messaging::DeviceArgumentType::string:
      break;
  }
  return "string";
}

std::string_view name_of(messaging::DeviceOutputMode mode) {
  switch (mode) {
    case messaging::DeviceOutputMode::file:
      return "file";
    case messaging::DeviceOutputMode::automatic:
      return "auto";
    case messaging::DeviceOutputMode::text:
      break;
  }
  return "text";
}

}  // namespace

DeviceManifest to_shape(messaging::DeviceManifest manifest) {
  DeviceManifest out;
  out.commands_enabled = manifest.commands_enabled;
  out.platform = std::move(manifest.platform);
  out.edge_version = std::move(manifest.edge_version);
  for (messaging::DeviceCommand& command : manifest.commands) {
    DeviceCommand shown;
    shown.name = std::move(command.name);
    shown.description = std::move(command.description);
    shown.output_mode = name_of(command.output_mode);
    for (messaging::DeviceArgument& argument : command.arguments) {
      DeviceArgument one;
      one.name = std::move(argument.name);
      one.type = name_of(argument.type);
      one.preset.value = std::move(argument.preset);
      if (argument.type == messaging::DeviceArgumentType::choice) {
        one.choices.value = std::move(argument.choices);
      }
      shown.args.push_back(std::move(one));
    }
    out.commands.push_back(std::move(shown));
  }
  return out;
}

}  // namespace rpc::shape
