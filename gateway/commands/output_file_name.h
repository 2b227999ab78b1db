// Names of the files that hold the output of commands: RUN.N.FIRST.out (output_log.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::commands {

struct OutputFileName {
  std::string run;
  std::uint64_t file = 0;   // of the run's files, from 0
  std::uint64_t first = 0;  // id of its first line
};

std::string output_file_name(const OutputFileName& name);
// nullopt: another file.
std::optional<OutputFileName> parse_output_file_name(std::string_view text);

}  // namespace gateway::commands
