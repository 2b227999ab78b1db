// DeviceManifest (kind 30): the commands that the recipient of this content may ask its sender's
// device for. Hidden: it creates no message. Each contact gets its own when a link with it begins
// and after each change; the one that was encrypted last is in force (docs/protocol.md, section
// 13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messaging/model/content_kind.h"

namespace messaging {

enum class DeviceArgumentType : std::uint8_t { choice = 1, integer = 2, string = 3 };
// The form of a command's output: text, a protected file, or either, by its length.
enum class DeviceOutputMode : std::uint8_t { text = 1, file = 2, automatic = 3 };

struct DeviceArgument {
  std::string name;
  DeviceArgumentType type = DeviceArgumentType::string;
  std::optional<std::string> preset;  // the value when none is given
  std::vector<std::string> choices;   // of a choice

  friend bool operator==(const DeviceArgument&, const DeviceArgument&) = default;
};

struct DeviceCommand {
  std::string name;
  std::string description;
  DeviceOutputMode output_mode = DeviceOutputMode::text;
  std::vector<DeviceArgument> arguments;

  friend bool operator==(const DeviceCommand&, const DeviceCommand&) = default;
};

struct DeviceManifest {
  bool commands_enabled = false;
  std::string platform;      // "Linux x86_64"
  std::string edge_version;  // the daemon's
  std::vector<DeviceCommand> commands;

  friend bool operator==(const DeviceManifest&, const DeviceManifest&) = default;
};

// Bounds of the reader; a manifest that exceeds one is malformed.
inline constexpr std::size_t kMaxManifestBytes = 128 * 1024;  // encoded
inline constexpr std::size_t kMaxManifestCommands = 1024;
inline constexpr std::size_t kMaxManifestArguments = 32;  // of a command
inline constexpr std::size_t kMaxManifestChoices = 256;   // of an argument
inline constexpr std::size_t kMaxManifestName = 64;       // bytes: of commands and arguments
inline constexpr std::size_t kMaxManifestText = 4096;     // bytes: of all other texts

// Shortens the manifest to the bounds: texts are cut, then descriptions are left out, then the last
// commands. False: something was left out.
bool fit_manifest(DeviceManifest& manifest);

// Fields that are malformed refuse the reader.
void write_fields(base::WireWriter& out, const DeviceManifest& manifest);
void read_fields(base::WireReader& in, DeviceManifest& manifest);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const DeviceManifest& manifest);
}  // namespace messaging::receiving
