#include "gateway/commands/output_file_name.h"

#include <fmt/format.h>

#include <charconv>

namespace gateway::commands {
namespace {

constexpr std::string_view kEnding = ".out";

}  // namespace

std::string output_file_name(const OutputFileName& name) {
  return fmt::format("{}.{}.{}{}", name.run, name.file, name.first, kEnding);
}

std::optional<OutputFileName> parse_output_file_name(std::string_view text) {
  if (!text.ends_with(kEnding)) return std::nullopt;
  text.remove_suffix(kEnding.size());
  OutputFileName out;
  for (std::uint64_t* number : {&out.first, &out.file}) {
    const std::size_t dot = text.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(dot + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), *number);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
      return std::nullopt;
    }
    text = text.substr(0, dot);
  }
  out.run = std::string(text);
  return out;
}

}  // namespace gateway::commands
