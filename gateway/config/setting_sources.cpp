#include "gateway/config/setting_sources.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <fstream>

#include "gateway/config/setting_rows.h"
#include "gateway/text/given_text.h"
#include "gateway/text/nearest.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxConfigBytes = 64 * 1024;
constexpr int kMaxValues = 1000;  // of one flag; with CLI11's "any number" a value may not follow

const SettingRow* find_row(std::string_view name) {
  for (const SettingRow& row : setting_rows()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::vector<std::string_view> names(bool flags) {
  std::vector<std::string_view> out;
  for (const SettingRow& row : setting_rows()) out.push_back(row.name);
  if (flags) out.insert(out.end(), {"help", "version", "openrpc"});
  return out;
}

std::string did_you_mean(std::string_view word, std::string_view prefix,
                         const std::vector<std::string_view>& candidates) {
  const auto found = nearest(word, candidates);
  if (found.empty()) return "";
  return "; did you mean " + std::string(prefix) + std::string(found) + "?";
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// The value as it was meant: docker's --env-file and systemd's Environment hand quotation marks on
// that a shell or a TOML reader would take away, and a path with them would lie in another folder.
std::string_view unquoted(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front() &&
                      text.substr(1, text.size() - 2).find(text.front()) == std::string_view::npos;
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// `10 # of them`: readers of other formats leave it out; here it would be a part of the value.
bool has_remark(std::string_view value) {
  const auto mark = value.find('#');
  return mark != std::string_view::npos && mark > 0 &&
         (value[mark - 1] == ' ' || value[mark - 1] == '\t');
}

// One variable or line may hold several values of a repeatable setting.
void split(const SettingRow& row, std::string_view text, const std::string& source,
           std::vector<GivenValue>& out) {
  if (row.separator == '\0') {
    out.push_back({std::string(text), source});
    return;
  }
  while (true) {
    const auto end = text.find(row.separator);
    const auto part = unquoted(text.substr(0, end));
    if (!part.empty()) out.push_back({std::string(part), source});
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// The shortest name of which the word is a beginning: API_KEYS_FILE for API_KEYS.
std::string_view longer_form(std::string_view word, const std::vector<std::string_view>& names) {
  std::string_view best;
  for (const std::string_view name : names) {
    const bool longer =
        !word.empty() && name.starts_with(word) && name.substr(word.size()).starts_with('_');
    if (longer && (best.empty() || name.size() < best.size())) best = name;
  }
  return best;
}

base::Error needs_value(const SettingRow& row) {
  const std::string flag = "--" + std::string(row.name);
  return fail(Errc::invalid_argument,
              flag + " needs a value: " + flag + " " + std::string(row.value) + "; see --help");
}

// If a value was forgotten, CLI11 takes the next flag for it.
bool is_flag(std::string_view text) {
  if (!text.starts_with("--")) return false;
  return find_row(text.substr(2, text.find('=') - 2)) != nullptr;
}

base::Error unknown_argument(const std::string& argument) {
  std::string word = argument.substr(0, argument.find('='));
  if (word.rfind("--", 0) != 0) {
    return fail(Errc::invalid_argument, "unexpected argument '" + word +
                                            "': settings are given as --name VALUE; see --help");
  }
  word.erase(0, 2);
  const auto hint = did_you_mean(word, "--", names(true));
  return fail(Errc::invalid_argument,
              "unknown flag --" + word + (hint.empty() ? "; see --help" : hint));
}

}  // namespace

base::Result<GivenFlags> values_of_flags(const std::vector<std::string>& args) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  GivenFlags out;
  app.add_flag("--help,-h", out.help);
  app.add_flag("--version,-V", out.version);
  app.add_flag("--openrpc", out.openrpc);
  for (const SettingRow& row : setting_rows()) {
    const std::string flag = "--" + std::string(row.name);
    if (row.value.empty()) {
      app.add_flag(flag);
    } else if (row.value_may_lack) {
      app.add_option(flag)->expected(0, kMaxValues)->take_all();
    } else {
      app.add_option(flag)->expected(1)->take_all();
    }
  }
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ArgumentMismatch& error) {  // "--accounts: 1 required TEXT missing"
    const std::string_view words = error.what();
    const std::string flag(words.substr(0, words.find(':')));
    const SettingRow* row = is_flag(flag) ? find_row(flag.substr(2)) : nullptr;
    if (row != nullptr) return needs_value(*row);
    return fail(Errc::invalid_argument, std::string(words) + "; see --help");
  } catch (const CLI::ParseError& error) {  // its exceptions stop here
    return fail(Errc::invalid_argument, std::string(error.what()) + "; see --help");
  }
  for (const SettingRow& row : setting_rows()) {
    if (row.value.empty()) continue;
    for (const std::string& text : app.get_option("--" + std::string(row.name))->results()) {
      if (is_flag(text)) return needs_value(row);
    }
  }
  if (const auto extras = app.remaining(); !extras.empty()) return unknown_argument(extras.front());
  for (const SettingRow& row : setting_rows()) {
    const std::string flag = "--" + std::string(row.name);
    const CLI::Option* option = app.get_option_no_throw(flag);
    if (option == nullptr || option->count() == 0) continue;
    auto& values = out.values[std::string(row.name)];
    for (const std::string& text : option->results()) {
      // CLI11's value of a flag that stands alone.
      const bool alone = row.value_may_lack && (text.empty() || text == "{}");
      values.push_back({alone ? "*" : std::string(without_line_end(text)), flag});
    }
    if (row.separator == '\0' && !row.value.empty() && values.size() > 1) {
      return fail(Errc::invalid_argument, flag + " is given more than once; give it once");
    }
  }
  return out;
}

GivenValues values_of_environment(const Surroundings& surroundings) {
  GivenValues out;
  for (const SettingRow& row : setting_rows()) {
    if (row.env.empty()) continue;
    const auto text = surroundings.variable(row.env);
    const std::string_view value = text ? unquoted(without_line_end(*text)) : std::string_view();
    if (value.empty()) continue;
    std::vector<GivenValue> values;
    split(row, value, std::string(row.env), values);
    if (!values.empty()) out.emplace(row.name, std::move(values));
  }
  return out;
}

base::Result<GivenValues> values_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return base::fail_errno(Errc::io, "the configuration file " + path + " cannot be read", errno);
  }
  std::string text(kMaxConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.eof())) {
    return fail(Errc::io, "the configuration file " + path + " cannot be read: is it a file?");
  }
  if (text.size() > kMaxConfigBytes) {
    return fail(Errc::too_large, "the configuration file " + path + " is larger than 64 KiB");
  }
  GivenValues out;
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return fail(Errc::invalid_argument,
                "the configuration file " + path + " is UTF-16; save it as UTF-8");
  }
  std::string_view rest = without_bom(text);
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::string place = path + ":" + std::to_string(number);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      return fail(Errc::invalid_argument, place + ": expected a line `name = value`");
    }
    const std::string name(trim(line.substr(0, equals)));
    const SettingRow* row = find_row(name);
    if (row != nullptr && (row->env.empty() || name == "config")) {
      return fail(Errc::invalid_argument, place + ": " + name + " is given as a flag" +
                                              (row->env.empty() ? "" : " or variable") +
                                              " alone, not in a file");
    }
    if (row == nullptr) {
      const auto hint = did_you_mean(name, "", names(false));
      return fail(Errc::invalid_argument, place + ": no setting has the name '" + name + "'" +
                                              (hint.empty() ? "; see --help" : hint));
    }
    auto& values = out[name];
    if (row->separator == '\0' && !values.empty()) {
      return fail(Errc::invalid_argument,
                  place + ": " + name + " was already set by " + values.front().source);
    }
    const std::string_view given = trim(line.substr(equals + 1));
    const std::string_view value = unquoted(given);
    if (value.size() == given.size() && has_remark(given)) {
      return fail(Errc::invalid_argument,
                  place + " (" + name +
                      "): a remark is a line of its own that begins with #; put " +
                      "the value into quotation marks if # belongs to it");
    }
    split(*row, value, place + " (" + name + ")", values);
    if (values.empty()) out.erase(name);
  }
  return out;
}

std::vector<std::string> doubtful_variables(const Surroundings& surroundings) {
  constexpr std::string_view kPrefix = "PRIVITTY_";
  // Variables of privitty-edge: they may be set, but a misspelt variable of the daemon's never
  // means one of them.
  constexpr std::array<std::string_view, 2> kOthers{"URL", "API_KEY"};
  std::vector<std::string_view> endings;
  for (const SettingRow& row : setting_rows()) {
    if (!row.env.empty()) endings.push_back(row.env.substr(kPrefix.size()));
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : surroundings.environment) {
    if (name.rfind(kPrefix, 0) != 0) continue;
    const std::string_view ending = std::string_view(name).substr(kPrefix.size());
    if (std::find(endings.begin(), endings.end(), ending) != endings.end()) continue;
    if (std::find(kOthers.begin(), kOthers.end(), ending) != kOthers.end()) continue;
    auto found = longer_form(ending, endings);
    if (found.empty()) found = nearest(ending, endings);
    if (found.empty()) continue;
    out.push_back("the environment variable " + name +
                  " is not known and has no effect; did you mean " + std::string(kPrefix) +
                  std::string(found) + "?");
  }
  return out;
}

}  // namespace gateway
