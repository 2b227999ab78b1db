// Where settings come from: flags, environment and configuration file, still as text. settings.cpp
// gives them types.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/process/surroundings.h"

namespace gateway {

struct GivenValue {
  std::string text;
  std::string source;  // "--listen", "PRIVITTY_LISTEN", "/etc/edge.conf:3 (listen)"
};

// By the row's name; a row's values all come from the strongest source that has any.
using GivenValues = std::map<std::string, std::vector<GivenValue>, std::less<>>;

struct GivenFlags {
  GivenValues values;
  bool help = false;
  bool version = false;
};

base::Result<GivenFlags> values_of_flags(const std::vector<std::string>& args);
GivenValues values_of_environment(const Surroundings& surroundings);
base::Result<GivenValues> values_of_file(const std::string& path);

// Variables that look like a mistyped PRIVITTY_ name, each with a word of advice.
std::vector<std::string> doubtful_variables(const Surroundings& surroundings);

}  // namespace gateway
