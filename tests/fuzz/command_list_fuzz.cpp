// room: gateway
// A list of commands, a line "%%", and texts that callers send, one a line.
#include <cstdlib>
#include <string_view>

#include "gateway/commands/command_list.h"
#include "gateway/commands/command_match.h"
#include "gateway/commands/words.h"

namespace {

using namespace gateway::commands;  // NOLINT: a fuzz target

void check_words(std::string_view text) {
  const auto words = split_words(text);
  if (!words) return;
  const auto again = split_words(quote_words(*words));
  // Quotes may make a text longer than a command line may be.
  if (again ? *again != *words : text.size() * 4 < kMaxLineBytes) std::abort();
}

void check_match(const Project& project, std::string_view text) {
  const Caller nobody = KeyCaller{rpc::Access::nothing()};
  if (match_command(project, text, nobody)) std::abort();
  const auto found = match_command(project, text, KeyCaller{rpc::Access::everything()});
  if (!found) return;
  const Command& command = *found->command;
  if (!command.allowed.keys || found->values.size() != command.arguments.size()) std::abort();
  for (std::size_t i = 0; i < found->values.size(); ++i) {
    if (!command.arguments[i].check(found->values[i])) std::abort();
  }
  const auto argv = command.argv(found->values);
  if (command.shell) {
    if (argv.size() < 4 || argv[2] != command.words.front().before) std::abort();
    return;
  }
  if (argv.size() != command.words.size() || argv.front() != command.words.front().before) {
    std::abort();
  }
  // What runs is what was asked for, word by word.
  if (command.is_line && argv != *split_words(text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kMark = "\n%%\n";
  const auto mark = input.find(kMark);
  const auto list = parse_command_list(input.substr(0, mark), "c.toml");
  if (!list && !list.error().message.starts_with("c.toml:")) std::abort();
  std::string_view texts = mark == std::string_view::npos ? "" : input.substr(mark + kMark.size());
  while (!texts.empty()) {
    const auto end = texts.find('\n');
    const std::string_view text = texts.substr(0, end);
    texts.remove_prefix(end == std::string_view::npos ? texts.size() : end + 1);
    check_words(text);
    if (!list) continue;
    for (const auto& project : list->projects) check_match(*project, text);
  }
  return 0;
}
