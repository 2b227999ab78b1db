// The manifest of a contact's device, as privitty_get_device_capabilities answers it.
#pragma once

#include "messaging/model/device_manifest.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct DeviceArgument {
  static constexpr std::string_view kSchema = "PrivittyDeviceArgument";
  std::string name;
  std::string type;
  MaybeAbsent<std::string> preset;
  MaybeAbsent<std::vector<std::string>> choices;
  static constexpr auto fields() {
    using A = DeviceArgument;
    return std::tuple(base::field("name", &A::name, "its name in `args`"),
                      base::field("type", &A::type, "choice, int or string"),
                      base::field("default", &A::preset, "the value when none is given"),
                      base::field("choices", &A::choices, "of a choice"));
  }
};

struct DeviceCommand {
  static constexpr std::string_view kSchema = "PrivittyDeviceCommand";
  std::string name;
  std::string description;
  std::string output_mode;
  std::vector<DeviceArgument> args;
  static constexpr auto fields() {
    using C = DeviceCommand;
    return std::tuple(base::field("name", &C::name, "what a request calls it"),
                      base::field("description", &C::description, "for people"),
                      base::field("output_mode", &C::output_mode, "text, file or auto"),
                      base::field("args", &C::args, "its arguments, in order"));
  }
};

struct DeviceManifest {
  static constexpr std::string_view kSchema = "PrivittyDeviceManifest";
  bool commands_enabled = false;
  std::vector<DeviceCommand> commands;
  std::string platform;
  std::string edge_version;
  static constexpr auto fields() {
    using M = DeviceManifest;
    return std::tuple(base::field("commands_enabled", &M::commands_enabled, "whether it runs any"),
                      base::field("commands", &M::commands, "what this contact may ask for"),
                      base::field("platform", &M::platform, "its system"),
                      base::field("edge_version", &M::edge_version, "of its daemon"));
  }
};

DeviceManifest to_shape(messaging::DeviceManifest manifest);

}  // namespace rpc::shape
