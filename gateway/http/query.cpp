#include "gateway/http/query.h"

#include <algorithm>
#include <set>

#include "gateway/http/path.h"

namespace gateway {

std::optional<Query> parse_query(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return Query();
  std::string_view text = target.substr(question);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of('?')));
  if (const std::size_t end = text.find('?'); end != std::string_view::npos) {
    if (text.find_first_not_of('?', end) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, end);
  }
  Query query;
  std::set<std::string_view> seen;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (equals == 0 || !seen.insert(pair).second) continue;
    auto name = decode_form(pair.substr(0, equals));
    auto value = decode_form(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    query.emplace_back(*std::move(name), *std::move(value));
  }
  std::stable_sort(query.begin(), query.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return query;
}

}  // namespace gateway
