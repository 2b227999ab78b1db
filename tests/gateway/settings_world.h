// What tests of settings share: surroundings without any, a folder with files, and settings or the
// error that arguments give.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gateway/config/settings.h"
#include "tests/support/catch.h"

namespace settings_tests {

namespace fs = std::filesystem;
using gateway::Invocation;
using gateway::read_settings;
using gateway::Surroundings;

inline Surroundings home() {
  Surroundings out;
  out.environment = {{"HOME", "/home/ada"}};
  out.host_name = "till7";
  out.root = "/nowhere";
  return out;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/edge-settings-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    return path / name;
  }
  fs::path path;
};

inline std::string fault(const std::vector<std::string>& args,
                         const Surroundings& around = home()) {
  const auto result = read_settings(args, around);
  if (result.ok()) return "";
  return result.error().message;
}

inline gateway::Settings good(const std::vector<std::string>& args,
                              const Surroundings& around = home()) {
  auto result = read_settings(args, around);
  INFO((result.ok() ? "" : result.error().message));
  REQUIRE(result.ok());
  return result->settings;
}

}  // namespace settings_tests
