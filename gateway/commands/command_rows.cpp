#include "gateway/commands/command_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "gateway/commands/words.h"
#include "gateway/text/given_text.h"

namespace gateway::commands {
namespace {

using base::Result;

constexpr std::size_t kMaxArguments = 32;
constexpr std::size_t kMaxChoices = 256;
constexpr std::size_t kMaxAllowed = 1000;  // contacts; groups
constexpr std::size_t kMaxEnvironment = 64;
constexpr std::size_t kMaxCommandBytes = 64 * 1024;  // words and environment, as they are run
constexpr std::int64_t kMaxInteger = std::int64_t{1} << 53;  // what JSON carries exactly
constexpr base::Millis kSecond = 1'000;
constexpr base::Millis kDay = 24 * 3600 * kSecond;
constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kGiB = 1024 * kMiB;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_argument_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && (is_letter(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

// Hex digits as people write them: in capitals, in groups with blanks or colons between.
std::string hex_form(std::string_view text) {
  std::string out = lower_word(text);
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == ' ' || c == ':'; }),
            out.end());
  return out;
}

std::vector<std::string> read_ids(TomlTable& table, std::string_view name, std::size_t digits,
                                  std::string_view expected) {
  std::vector<std::string> out =
      table.texts(name, kMaxAllowed).value_or(std::vector<std::string>());
  for (std::string& id : out) {
    // As invite links have it (x=), else hex digits.
    const auto bytes = crypto::base64url_decode(id);
    id = bytes && bytes->size() * 2 == digits ? base::to_hex(*bytes) : hex_form(id);
    if (is_hex(id, digits)) continue;
    table.mistake(name, fmt::format("expected {} of {} hex digits each", expected, digits));
    return {};
  }
  return out;
}

void read_type(TomlTable& table, Argument& out) {
  const std::string word = table.required_text("type");
  for (const auto type : {ArgumentType::choice, ArgumentType::integer, ArgumentType::string}) {
    if (word != name_of(type)) continue;
    out.type = type;
    return;
  }
  table.mistake("type", fmt::format("expected choice, int or string, not \"{}\"", word));
}

void read_bounds(TomlTable& table, Argument& out) {
  switch (out.type) {
    case ArgumentType::choice: {
      out.choices = table.texts("choices", kMaxChoices).value_or(std::vector<std::string>());
      if (out.choices.empty())
        table.mistake("", "expected a member 'choices' with one text at least");
      return;
    }
    case ArgumentType::integer: {
      const auto least = table.integer("min", -kMaxInteger, kMaxInteger);
      const auto most = table.integer("max", -kMaxInteger, kMaxInteger);
      if (!least || !most) return table.mistake("", "expected both bounds, 'min' and 'max'");
      if (*least > *most) {
        return table.mistake("max", fmt::format("expected {} at least, as 'min' is", *least));
      }
      out.least = *least;
      out.most = *most;
      return;
    }
    case ArgumentType::string:
      break;
  }
  constexpr auto kMost = static_cast<std::int64_t>(Argument::kMaxValueBytes);
  const auto longest = table.integer("max_length", 1, kMost);
  const auto shortest = table.integer("min_length", 0, longest.value_or(kMost));
  const auto pattern = table.text("pattern");
  out.leading_dash = table.flag("leading_dash").value_or(false);
  out.any_path = table.flag("any_path").value_or(false);
  if (!longest && !pattern) {
    return table.mistake("", "expected a bound: 'max_length' or 'pattern'");
  }
  out.shortest = static_cast<std::size_t>(shortest.value_or(1));
  out.longest = static_cast<std::size_t>(longest.value_or(256));
  if (!pattern) return;
  auto compiled = Pattern::compile(*pattern);
  if (!compiled)
    return table.mistake("pattern", "expected a regular expression: " + compiled.error().message);
  out.pattern = std::move(*compiled);
}

// The default may be written as a number.
void read_preset(TomlTable& table, Argument& out) {
  const toml::node* node = table.node("default");
  if (node == nullptr) return;
  if (const auto* number = node->as_integer()) {
    out.preset = fmt::format("{}", number->get());
  } else {
    out.preset = table.text("default");
  }
  if (!out.preset || table.wrong()) return;
  if (const auto fits = out.check(*out.preset); !fits)
    table.mistake("default", fits.error().message);
}

Result<Argument> read_argument(const toml::table& given, std::string_view file,
                               const std::string& of) {
  TomlTable table(given, file, of + ": argument");
  Argument out;
  out.name = table.required_text("name");
  if (!is_argument_name(out.name)) {
    table.mistake("name", "expected 1 to 32 letters, digits and '_', beginning with no digit");
  } else {
    table.rename(fmt::format("{}: argument \"{}\"", of, out.name));
  }
  out.description = table.text("description").value_or("");
  read_type(table, out);
  if (!table.wrong()) {
    read_bounds(table, out);
    read_preset(table, out);
  }
  EDGE_CHECK(table.done());
  return out;
}

Result<std::vector<Argument>> read_arguments(TomlTable& table, std::string_view file,
                                             const std::string& where) {
  std::vector<Argument> out;
  for (const toml::table* each : table.tables("argument", kMaxArguments)) {
    EDGE_TRY(Argument argument, read_argument(*each, file, where));
    const bool again = std::any_of(
        out.begin(), out.end(), [&](const Argument& other) { return other.name == argument.name; });
    if (again) table.mistake("argument", fmt::format("two have the name '{}'", argument.name));
    if (!out.empty() && out.back().preset && !argument.preset) {
      table.mistake("argument",
                    fmt::format("'{}' has no default, and one before it has: values are given in "
                                "order, so expected those without a default first",
                                argument.name));
    }
    out.push_back(std::move(argument));
  }
  return out;
}

void read_environment(TomlTable& table, std::string_view file, const std::string& where,
                      Command& out) {
  const toml::table* given = table.table("environment");
  if (given == nullptr) return;
  TomlTable members(*given, file, where + ": environment");
  if (given->size() > kMaxEnvironment) {
    table.mistake("environment", fmt::format("expected {} variables at most", kMaxEnvironment));
    return;
  }
  for (const auto& [key, value] : *given) {
    const std::string name(key.str());
    if (!is_argument_name(name)) {
      members.mistake(name, "expected a variable's name: letters, digits and '_'");
      break;
    }
    if (const auto text = members.text(name)) out.environment[name] = *text;
  }
  if (const auto fine = members.done(); !fine) table.adopt(fine.error());
}

void read_limits(TomlTable& table, RunLimits& out) {
  out.time = table.duration("time_limit", kSecond, 30 * kDay).value_or(out.time);
  out.output = table.size("output_limit", 1, 1024 * kGiB).value_or(out.output);
  out.cpu = table.duration("cpu_limit", kSecond, 30 * kDay).value_or(std::max(out.cpu, out.time));
  out.memory = table.size("memory_limit", kMiB, 1024 * kGiB).value_or(out.memory);
  out.processes =
      static_cast<std::uint64_t>(table.integer("processes_limit", 1, 100'000)
                                     .value_or(static_cast<std::int64_t>(out.processes)));
  out.file_size = table.size("file_size_limit", 0, 1024 * kGiB).value_or(out.file_size);
  out.at_once =
      static_cast<std::uint32_t>(table.integer("at_once", 1, 1'000).value_or(out.at_once));
}

void read_output_mode(TomlTable& table, Command& out) {
  const auto word = table.text("output_mode");
  if (!word) return;
  for (const auto mode : {OutputMode::text, OutputMode::file, OutputMode::automatic}) {
    if (*word != name_of(mode)) continue;
    out.output_mode = mode;
    return;
  }
  table.mistake("output_mode", fmt::format("expected text, file or auto, not \"{}\"", *word));
}

// What commands and lines have in common.
Result<> read_common(TomlTable& table, std::string_view file, const std::string& where,
                     Command& out) {
  out.description = table.text("description").value_or("");
  EDGE_TRY(out.arguments, read_arguments(table, file, where));
  out.folder = read_folder(table, "folder");
  read_environment(table, file, where, out);
  read_limits(table, out.limits);
  read_output_mode(table, out);
  out.input = table.flag("input").value_or(false);
  if (const toml::table* allow = table.table("allow")) {
    EDGE_TRY(out.allowed, read_allowed(*allow, file, where));
  }
  return {};
}

void read_words(TomlTable& table, std::string_view member, const std::vector<std::string>& texts,
                Command& out) {
  for (const std::string& text : texts) {
    auto word = WordTemplate::parse(text, out.arguments);
    if (!word) return table.mistake(member, word.error().message);
    out.words.push_back(std::move(*word));
  }
  std::size_t bytes = 0;
  for (const WordTemplate& word : out.words) bytes += word.before.size() + word.after.size() + 1;
  for (const auto& [name, value] : out.environment) bytes += name.size() + value.size() + 2;
  if (bytes > kMaxCommandBytes) {
    return table.mistake(member,
                         fmt::format("the words and the environment are longer than {} bytes "
                                     "together",
                                     kMaxCommandBytes));
  }
  for (std::size_t i = 0; i < out.arguments.size(); ++i) {
    const bool used = std::any_of(out.words.begin(), out.words.end(),
                                  [&](const WordTemplate& word) { return word.argument == i; });
    if (!used) {
      return table.mistake("argument", fmt::format("'{0}' is declared and used nowhere: expected "
                                                   "{{{0}}} in a word",
                                                   out.arguments[i].name));
    }
  }
}

// The program's name is no place for a caller's value.
bool is_absolute_program(std::string_view text) {
  return text.starts_with('/') && !text.ends_with('/') &&
         text.find("/../") == std::string_view::npos;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         (is_letter(text.front()) || is_digit(text.front())) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

std::optional<std::filesystem::path> read_folder(TomlTable& table, std::string_view name) {
  const auto text = table.text(name);
  if (!text) return std::nullopt;
  const std::filesystem::path path = *text;
  if (!path.is_absolute() || path.lexically_normal() != path) {
    table.mistake(name, "expected an absolute path without '..', '.' or '//'");
    return std::nullopt;
  }
  return path;
}

Result<Allowed> read_allowed(const toml::table& given, std::string_view file,
                             const std::string& where) {
  TomlTable table(given, file, where + ": allow");
  Allowed out;
  out.keys = table.flag("keys").value_or(false);
  out.contacts = read_ids(table, "contacts", 64, "fingerprints");
  out.groups = read_ids(table, "groups", 32, "ids of groups");
  EDGE_CHECK(table.done());
  return out;
}

Result<std::shared_ptr<const Command>> read_command(const toml::table& given,
                                                    std::string_view file) {
  TomlTable table(given, file, "command");
  Command out;
  out.name = table.required_text("name");
  if (!is_name(out.name)) table.mistake("name", fmt::format("expected {}", kNameRule));
  if (out.name == "help" || out.name == "status") {
    table.mistake("name", fmt::format("'{}' is built in; expected another name", out.name));
  }
  const std::string where = fmt::format("command \"{}\"", out.name);
  if (!table.wrong()) table.rename(where);
  const std::string program = table.required_text("program");
  out.shell = table.flag("shell").value_or(false);
  if (!out.shell && !table.wrong() && !is_absolute_program(program)) {
    table.mistake("program",
                  "expected the absolute path of a program, as \"/usr/bin/df\" (with shell = true: "
                  "a script)");
  }
  const auto arguments = table.texts("arguments", kMaxWords).value_or(std::vector<std::string>());
  if (table.wrong()) return table.done().error();
  EDGE_CHECK(read_common(table, file, where, out));
  out.words.push_back({.before = program, .argument = std::nullopt, .after = ""});
  read_words(table, "arguments", arguments, out);
  EDGE_CHECK(table.done());
  return std::make_shared<const Command>(std::move(out));
}

Result<std::shared_ptr<const Command>> read_line(const toml::table& given, std::string_view file,
                                                 std::string_view project, const Allowed& allowed) {
  TomlTable table(given, file, fmt::format("project \"{}\": line", project));
  Command out;
  out.is_line = true;
  out.allowed = allowed;
  out.name = table.required_text("line");
  const std::string where = fmt::format("project \"{}\": line '{}'", project, out.name);
  if (table.wrong()) return table.done().error();
  table.rename(where);
  out.shell = table.flag("shell").value_or(false);
  auto words = split_words(out.name);
  if (!words) {
    table.mistake("line", words.error().message);
    return table.done().error();
  }
  if (out.shell && given.contains("argument")) {
    table.mistake("argument",
                  "a line that a shell runs has none: expected shell = false, or a [[command]]");
    return table.done().error();
  }
  EDGE_CHECK(read_common(table, file, where, out));
  if (out.shell) {
    out.words.push_back({.before = out.name, .argument = std::nullopt, .after = ""});
  } else {
    read_words(table, "line", *words, out);
    if (!out.words.empty() && out.words.front().argument) {
      table.mistake("line", "the program must not be an argument: expected a literal first word");
    }
  }
  EDGE_CHECK(table.done());
  return std::make_shared<const Command>(std::move(out));
}

}  // namespace gateway::commands
