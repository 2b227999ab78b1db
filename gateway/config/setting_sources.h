// Where settings come from: flags, environment and configuration file, still as text. The rows read
// it (setting_rows.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/config/setting_values.h"
#include "gateway/process/surroundings.h"

namespace gateway {

// By the row's name; a row's values all come from the strongest source that has any.
using GivenValues = std::map<std::string, std::vector<GivenValue>, std::less<>>;

struct GivenFlags {
  GivenValues values;
  bool help = false;
  bool version = false;
  bool openrpc = false;
};

base::Result<GivenFlags> values_of_flags(const std::vector<std::string>& args);
GivenValues values_of_environment(const Surroundings& surroundings);
base::Result<GivenValues> values_of_file(const std::string& path);

// Variables that look like a mistyped PRIVITTY_ name, each with a word of advice.
std::vector<std::string> doubtful_variables(const Surroundings& surroundings);

}  // namespace gateway
