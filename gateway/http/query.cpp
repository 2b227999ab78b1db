#include "gateway/http/query.h"

#include <httplib.h>

#include <algorithm>

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
  if (text.empty()) return Query();
  httplib::Params params;
  httplib::detail::parse_query_text(std::string(text), params);
  return Query(params.begin(), params.end());
}

}  // namespace gateway
