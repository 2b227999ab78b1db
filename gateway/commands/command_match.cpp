#include "gateway/commands/command_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/commands/utf8.h"
#include "gateway/commands/words.h"
#include "gateway/text/nearest.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kShownNear = 5;
constexpr std::size_t kShownBytes = 128;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

base::Result<CommandMatch> match_named(const std::shared_ptr<const Command>& command,
                                       std::span<const std::string> words) {
  if (words.size() - 1 > command->arguments.size()) {
    return fail(Errc::invalid_argument,
                fmt::format("{} takes {} arguments, not {}: {}", command->name,
                            command->arguments.size(), words.size() - 1, command->usage()));
  }
  std::vector<std::optional<std::string>> given(words.begin() + 1, words.end());
  auto values = command->check_values(given);
  if (!values) return std::move(values).error().with_context(command->name);
  return CommandMatch{command, std::move(*values)};
}

// Nothing when the literal text of the line is another one.
std::optional<base::Result<CommandMatch>> match_line(const std::shared_ptr<const Command>& line,
                                                     std::span<const std::string> words) {
  if (words.size() != line->words.size()) return std::nullopt;
  std::vector<std::optional<std::string>> given(line->arguments.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = line->words[i].value_in(words[i]);
    if (!value) return std::nullopt;
    if (!line->words[i].argument) continue;
    auto& slot = given[*line->words[i].argument];
    // An argument that stands twice in a line has one value.
    if (slot && *slot != *value) return std::nullopt;
    slot = std::string(*value);
  }
  auto values = line->check_values(given);
  if (!values) return std::move(values).error().with_context(line->name);
  return CommandMatch{line, std::move(*values)};
}

// The rows that the text most likely meant: those that begin with the same word first, then others.
std::string near(const std::vector<std::shared_ptr<const Command>>& rows, std::string_view text) {
  const std::string_view first = text.substr(0, text.find_first_of(" \t"));
  std::vector<std::string> usages;
  std::vector<std::string_view> heads;
  for (const auto& row : rows) {
    usages.push_back(row->usage());
    const std::string_view usage = row->is_line ? std::string_view(row->name) : row->name;
    heads.push_back(usage.substr(0, usage.find(' ')));
  }
  const std::string_view meant = nearest(first, heads);
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (heads[a] == meant) > (heads[b] == meant);
  });
  std::string out;
  for (std::size_t i = 0; i < std::min(order.size(), kShownNear); ++i) {
    out += fmt::format("{}'{}'", i == 0 ? "" : ", ", usages[order[i]]);
  }
  if (order.size() > kShownNear) out += fmt::format(" and {} more", order.size() - kShownNear);
  return out;
}

base::Error refused(const Project& project, std::string_view text,
                    const std::vector<std::shared_ptr<const Command>>& rows) {
  const std::string shown =
      text.size() <= kShownBytes
          ? fmt::format("'{}'", text)
          : fmt::format("'{}…'", clean_utf8(text.substr(0, kShownBytes)).text);
  if (rows.empty()) {
    return fail(Errc::forbidden, fmt::format("{} is not allowed in the project {}, nor is anything "
                                             "else for this caller",
                                             shown, project.name));
  }
  return fail(Errc::forbidden, fmt::format("{} is not allowed in the project {}; allowed are {}",
                                           shown, project.name, near(rows, text)));
}

}  // namespace

base::Result<CommandMatch> match_command(const Project& project, std::string_view given,
                                         const Caller& caller) {
  const std::string_view text = without_blanks(given);
  EDGE_TRY(const auto words, split_words(text));
  std::vector<std::shared_ptr<const Command>> rows;
  for (const auto* list : {&project.commands, &project.lines}) {
    std::copy_if(list->begin(), list->end(), std::back_inserter(rows),
                 [&](const auto& row) { return may_run(caller, *row, &project); });
  }
  std::optional<base::Error> wrong_value;
  for (const auto& row : rows) {
    std::optional<base::Result<CommandMatch>> matched;
    if (!row->is_line) {
      if (row->name == words.front()) matched = match_named(row, words);
    } else if (row->shell) {
      if (row->name == text) return CommandMatch{row, {}};
    } else {
      matched = match_line(row, words);
    }
    if (!matched) continue;
    if (*matched) return std::move(**matched);
    if (!wrong_value) wrong_value = std::move(*matched).error();
  }
  if (wrong_value) return std::move(*wrong_value);
  return refused(project, text, rows);
}

}  // namespace gateway::commands
