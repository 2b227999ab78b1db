// SettingRow: everything about one setting. Flags, environment, configuration file, --help and the
// reading of its values come from the row; tests/gateway/settings_test.cpp compares it with
// docs/operations.md. Rules about several settings are in settings.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/config/setting_values.h"

namespace gateway {

struct Settings;

struct SettingRow {
  std::string_view name;  // the flag without its dashes, and the configuration key
  std::string_view env;   // "": a flag only
  // Reads the values that were given, one at least, into the field that they set.
  base::Result<> (*set)(Settings& out, std::span<const GivenValue> given) = nullptr;
  std::string_view value;     // what --help calls the value; "": a switch
  std::string_view fallback;  // what holds without it, as --help says it; "": nothing
  std::string_view doc;
  char separator = '\0';        // of several values in one variable; not '\0': repeatable
  bool value_may_lack = false;  // a flag that may stand alone; then its value is "*"
};

std::span<const SettingRow> setting_rows();
std::string settings_help();

}  // namespace gateway
