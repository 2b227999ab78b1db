#include "messaging/model/device_manifest.h"

#include <algorithm>

namespace messaging {
namespace {

void shorten(std::string& text, std::size_t most, bool& whole) {
  if (text.size() <= most) return;
  whole = false;
  text.resize(most);
  while (!base::is_utf8(text)) text.pop_back();  // cut inside a character
}

template <class List>
void shorten_list(List& list, std::size_t most, bool& whole) {
  if (list.size() <= most) return;
  whole = false;
  list.resize(most);
}

std::size_t size_of(const DeviceManifest& manifest) {
  base::WireWriter out;
  write_fields(out, manifest);
  return out.view().size();
}

// A shortened argument or command would mean something else: it is left out as a whole.
bool fits(const DeviceArgument& argument) {
  return argument.name.size() <= kMaxManifestName &&
         argument.preset.value_or("").size() <= kMaxManifestText &&
         argument.choices.size() <= kMaxManifestChoices &&
         std::all_of(argument.choices.begin(), argument.choices.end(),
                     [](const auto& choice) { return choice.size() <= kMaxManifestText; });
}

bool fits(const DeviceCommand& command) {
  return command.name.size() <= kMaxManifestName &&
         command.arguments.size() <= kMaxManifestArguments &&
         std::all_of(command.arguments.begin(), command.arguments.end(),
                     [](const auto& argument) { return fits(argument); });
}

void write_argument(base::WireWriter& out, const DeviceArgument& argument) {
  out.text(argument.name).u8(static_cast<std::uint8_t>(argument.type));
  out.boolean(argument.preset.has_value());
  if (argument.preset) out.text(*argument.preset);
  out.u16(static_cast<std::uint16_t>(argument.choices.size()));
  for (const std::string& choice : argument.choices) out.text(choice);
}

DeviceArgument read_argument(base::WireReader& in) {
  DeviceArgument argument;
  argument.name = in.text(kMaxManifestName);
  const std::uint8_t type = in.u8();
  if (type < 1 || type > 3) in.refuse();
  argument.type = static_cast<DeviceArgumentType>(type);
  if (in.boolean()) argument.preset = in.text(kMaxManifestText);
  const std::size_t choices = in.u16();
  if (choices > kMaxManifestChoices) in.refuse();
  for (std::size_t i = 0; i < choices && in.ok(); ++i) {
    argument.choices.push_back(in.text(kMaxManifestText));
  }
  return argument;
}

DeviceCommand read_command(base::WireReader& in) {
  DeviceCommand command;
  command.name = in.text(kMaxManifestName);
  command.description = in.text(kMaxManifestText);
  const std::uint8_t mode = in.u8();
  if (mode < 1 || mode > 3) in.refuse();
  command.output_mode = static_cast<DeviceOutputMode>(mode);
  const std::size_t arguments = in.u8();
  if (arguments > kMaxManifestArguments) in.refuse();
  for (std::size_t i = 0; i < arguments && in.ok(); ++i) {
    command.arguments.push_back(read_argument(in));
  }
  return command;
}

}  // namespace

bool fit_manifest(DeviceManifest& manifest) {
  bool whole = true;
  shorten(manifest.platform, kMaxManifestText, whole);
  shorten(manifest.edge_version, kMaxManifestText, whole);
  for (DeviceCommand& command : manifest.commands) {
    shorten(command.description, kMaxManifestText, whole);
  }
  const auto left_out =
      std::erase_if(manifest.commands, [](const auto& command) { return !fits(command); });
  whole = whole && left_out == 0;
  shorten_list(manifest.commands, kMaxManifestCommands, whole);
  if (size_of(manifest) <= kMaxManifestBytes) return whole;
  for (DeviceCommand& command : manifest.commands) command.description.clear();
  while (size_of(manifest) > kMaxManifestBytes) {
    manifest.commands.resize(manifest.commands.size() * 3 / 4);
  }
  return false;
}

void write_fields(base::WireWriter& out, const DeviceManifest& manifest) {
  out.boolean(manifest.commands_enabled).text(manifest.platform).text(manifest.edge_version);
  out.u16(static_cast<std::uint16_t>(manifest.commands.size()));
  for (const DeviceCommand& command : manifest.commands) {
    out.text(command.name).text(command.description);
    out.u8(static_cast<std::uint8_t>(command.output_mode));
    out.u8(static_cast<std::uint8_t>(command.arguments.size()));
    for (const DeviceArgument& argument : command.arguments) write_argument(out, argument);
  }
}

void read_fields(base::WireReader& in, DeviceManifest& manifest) {
  if (in.left() > kMaxManifestBytes) in.refuse();
  manifest.commands_enabled = in.boolean();
  manifest.platform = in.text(kMaxManifestText);
  manifest.edge_version = in.text(kMaxManifestText);
  const std::size_t commands = in.u16();
  if (commands > kMaxManifestCommands) in.refuse();
  for (std::size_t i = 0; i < commands && in.ok(); ++i) {
    manifest.commands.push_back(read_command(in));
  }
}

}  // namespace messaging
