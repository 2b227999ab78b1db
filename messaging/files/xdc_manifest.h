// The manifest.toml of a webxdc app, as far as it is needed: texts and numbers at its top level.
// Hostile input, so it is read line by line and not by a whole TOML parser: toml++ assumes things
// that bad input violates. Everything else (other types, texts of several lines) is ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace messaging::files {

inline constexpr std::size_t kMaxXdcManifest = 64 * 1024;  // bytes; a larger one is ignored

struct XdcManifest {
  std::string name;  // "" none
  std::string source_code_url;
  std::int64_t min_api = 0;
};

XdcManifest read_xdc_manifest(std::string_view toml);

}  // namespace messaging::files
