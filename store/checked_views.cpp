#include "store/checked_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace store {
namespace {

constexpr std::string_view kPrefix = "checked_";

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The names in a statement that begin as those of views do, each once, in order.
std::vector<std::string_view> names_in(std::string_view sql) {
  std::vector<std::string_view> names;
  for (std::size_t at = sql.find(kPrefix); at != std::string_view::npos;
       at = sql.find(kPrefix, at)) {
    const bool begins = at == 0 || !in_name(sql[at - 1]);
    std::size_t end = at + kPrefix.size();
    while (end < sql.size() && in_name(sql[end])) ++end;
    const std::string_view name = sql.substr(at, end - at);
    if (begins && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
    at = end;
  }
  return names;
}

// Removes a word and the blanks after it from the front.
bool take_word(std::string_view& sql, std::string_view word) {
  if (!sql.starts_with(word) || (sql.size() > word.size() && in_name(sql[word.size()]))) {
    return false;
  }
  sql.remove_prefix(word.size());
  while (!sql.empty() && (sql.front() == ' ' || sql.front() == '\n')) sql.remove_prefix(1);
  return true;
}

}  // namespace

void CheckedViews::add(std::string_view table, std::string_view select) {
  const std::string name = fmt::format("{}{}", kPrefix, table);
  definitions_.emplace(name, fmt::format("{} AS NOT MATERIALIZED ({})", name, select));
}

std::optional<std::string> CheckedViews::expand(std::string_view sql) const {
  std::string views;
  for (const std::string_view name : names_in(sql)) {
    const auto found = definitions_.find(name);
    if (found == definitions_.end()) continue;  // SQLite says that there is none
    views += (views.empty() ? "" : ", ") + found->second;
  }
  if (views.empty()) return std::nullopt;
  if (!take_word(sql, "WITH")) return fmt::format("WITH {} {}", views, sql);
  const std::string_view recursive = take_word(sql, "RECURSIVE") ? "RECURSIVE " : "";
  return fmt::format("WITH {}{}, {}", recursive, views, sql);
}

}  // namespace store
