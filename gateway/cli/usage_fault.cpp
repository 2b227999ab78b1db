#include "gateway/cli/usage_fault.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <string_view>
#include <vector>

#include "gateway/text/nearest.h"

namespace gateway::cli {
namespace {

// The parser's complaint about a value that is no number, or about surplus words.
std::string in_words(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = error.what();
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    const std::size_t name = message.find(": "), value = message.find(" = ");
    if (name == std::string::npos || value == std::string::npos || value < name) return message;
    return message.substr(name + 2, value - name - 2) + ": expected a number, not '" +
           message.substr(value + 3) + "'";
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return message;
  std::vector<std::string> extra = app.remaining(true);
  message = extra.size() > 1 ? "unexpected arguments" : "unexpected argument";
  for (int i = 1; i < argc; ++i) {  // in the order in which they were given
    const auto found = std::find(extra.begin(), extra.end(), argv[i]);
    if (found == extra.end()) continue;
    extra.erase(found);
    message += " '" + std::string(argv[i]) + "'";
  }
  return message;
}

// The command that the line names, as far as it does: "privitty-edge groups add".
std::string asked_for(const CLI::App& app) {
  std::string name = "privitty-edge";
  for (auto below = app.get_subcommands(); !below.empty();
       below = below.front()->get_subcommands()) {
    name += " " + below.front()->get_name();
  }
  return name;
}

// Of a line that names a command of several and none of those: "groups bogus". "" of every other.
std::string lacks_inner(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const auto named = app.get_subcommands();
  if (named.empty() || !named.front()->get_subcommands().empty()) return "";
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return "";
  const CLI::App& command = *named.front();
  std::string inner;
  for (const CLI::App* one : command.get_subcommands({})) {
    inner += (inner.empty() ? "" : ", ") + one->get_name();
  }
  if (inner.empty()) return "";
  char** const end = argv + argc;
  char** word = std::find(argv, end, command.get_name());
  while (word < end && (**word == '-' || *word == command.get_name())) ++word;
  const std::string unknown =
      word < end ? "there is no command '" + command.get_name() + " " + *word + "'; " : "";
  return unknown + command.get_name() + " needs one of: " + inner;
}

}  // namespace

std::string usage_fault(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::vector<std::string_view> known;
  std::vector<std::string> flags;
  for (const CLI::App* command : app.get_subcommands({})) {
    known.push_back(command->get_name());
    for (const CLI::Option* option : command->get_options()) flags.push_back(option->get_name());
  }
  for (const CLI::Option* option : app.get_options()) flags.push_back(option->get_name());
  known.insert(known.end(), flags.begin(), flags.end());
  std::string message = in_words(app, error, argc, argv);
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) return message;
  if (const std::string lacks = lacks_inner(app, error, argc, argv); !lacks.empty()) {
    return lacks + "; see " + asked_for(app) + " --help";
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const auto hint = nearest(word, known);
    if (hint.empty()) continue;
    if (app.get_subcommands().empty())
      message = "unknown command or flag '" + std::string(word) + "'";
    return message + "; did you mean " + std::string(hint) + "?";
  }
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty())
    message = "there is no command '" + std::string(argv[1]) + "'";
  return message + "; see " + asked_for(app) + " --help";
}

}  // namespace gateway::cli
