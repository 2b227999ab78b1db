#include "gateway/http/query.h"

#include <algorithm>
#include <set>

#include "gateway/http/path.h"

namespace gateway {

namespace {

// What stands behind the '?'. Nothing for a second one that has something behind it.
std::optional<std::string_view> query_of(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return "";
  std::string_view text = target.substr(question);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of('?')));
  const std::size_t end = text.find('?');
  if (end == std::string_view::npos) return text;
  if (text.find_first_not_of('?', end) != std::string_view::npos) return std::nullopt;
  return text.substr(0, end);
}

struct Pair {
  std::string_view whole, name, value;  // encoded
};

// The next pair that has a name, taken from `text`.
std::optional<Pair> next_pair(std::string_view& text) {
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    const std::size_t equals = std::min(whole.find('='), whole.size());
    if (equals == 0) continue;
    return Pair{whole, whole.substr(0, equals), whole.substr(std::min(equals + 1, whole.size()))};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> query_value(std::string_view target, std::string_view name) {
  auto text = query_of(target);
  while (text) {
    const auto pair = next_pair(*text);
    if (!pair) break;
    if (decode_form(pair->name) == name) return decode_form(pair->value);
  }
  return std::nullopt;
}

std::optional<Query> parse_query(std::string_view target) {
  auto text = query_of(target);
  if (!text) return std::nullopt;
  Query query;
  std::set<std::string_view> seen;
  while (const auto pair = next_pair(*text)) {
    if (!seen.insert(pair->whole).second) continue;
    auto name = decode_form(pair->name);
    auto value = decode_form(pair->value);
    if (!name || !value) return std::nullopt;
    query.emplace_back(*std::move(name), *std::move(value));
  }
  std::stable_sort(query.begin(), query.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return query;
}

}  // namespace gateway
