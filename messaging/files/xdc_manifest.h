// The manifest.toml of a webxdc app, as far as it is wanted: texts and numbers at its top. Hostile
// input, so it is read line by line and not by a whole TOML parser: toml++ takes things for granted
// that bad input breaks. What it cannot read (other types, texts of several lines) is as if it were
// not there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace messaging::files {

inline constexpr std::size_t kMaxXdcManifest = 64 * 1024;  // bytes; a larger one is as none

struct XdcManifest {
  std::string name;  // "" none
  std::string source_code_url;
  std::int64_t min_api = 0;
};

XdcManifest read_xdc_manifest(std::string_view toml);

}  // namespace messaging::files
