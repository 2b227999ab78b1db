#include "gateway/hub/filter.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "gateway/hub/event_names.h"

namespace gateway {
namespace {

using base::Errc;

base::Error bad(std::string_view name, std::string_view value, std::string_view expected) {
  // The value came from outside: only its beginning goes back, for the person to recognise.
  return base::fail(Errc::invalid_argument,
                    fmt::format("{}: '{}' is not {}", name, value.substr(0, 64), expected));
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class Visit>
base::Result<> for_each_item(std::string_view list, Visit&& visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    EDGE_CHECK(visit(list.substr(0, comma)));
    if (comma == std::string_view::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

template <class Id>
base::Result<> add_ids(std::string_view name, std::string_view list, std::vector<Id>& out) {
  return for_each_item(list, [&](std::string_view item) -> base::Result<> {
    const auto value = number<typename Id::rep>(item);
    if (!value || *value == 0) return bad(name, item, "an id (an integer >= 1)");
    out.push_back(Id(*value));
    return {};
  });
}

// "123" or "123/own-id" (decision 23).
std::optional<base::EventId> event_id(std::string_view text) {
  const auto value = number<std::uint64_t>(text.substr(0, text.find('/')));
  if (!value) return std::nullopt;
  return base::EventId(*value);
}

base::Result<> take(StreamOptions& options, std::string_view name, std::string_view value) {
  if (name == "types") {
    return for_each_item(value, [&](std::string_view item) -> base::Result<> {
      if (!is_event_name(item)) return bad(name, item, "a type of event; see docs/api.md");
      options.filter.types.emplace_back(item);
      return {};
    });
  }
  if (name == "account_id") return add_ids(name, value, options.filter.accounts);
  if (name == "chat_id") return add_ids(name, value, options.filter.chats);
  if (name == "named") {
    if (value != "0" && value != "1") return bad(name, value, "0 or 1");
    options.named = value == "1";
    return {};
  }
  if (name == "retry") {
    const auto pause = number<std::uint32_t>(value);
    if (!pause || *pause > 86'400'000)
      return bad(name, value, "a pause in milliseconds, up to a day");
    options.retry = *pause;
    return {};
  }
  if (name == "last_event_id") {
    const auto id = event_id(value);
    if (!id) return bad(name, value, "an event id (the number of an id: line)");
    options.resume = {true, id};
    return {};
  }
  return base::fail(
      Errc::invalid_argument,
      fmt::format("'{}' is no option of /events; there are types, account_id, chat_id, named, "
                  "retry and last_event_id",
                  name.substr(0, 64)));
}

}  // namespace

base::Result<StreamOptions> parse_stream_options(
    const std::vector<std::pair<std::string, std::string>>& query,
    std::optional<std::string_view> last_event_id_header) {
  StreamOptions options;
  for (const auto& [name, value] : query) EDGE_CHECK(take(options, name, value));
  // The header is what a browser sends on each reconnect, so it is newer than the page's query. It
  // is never refused: EventSource would give up for good.
  if (last_event_id_header && !last_event_id_header->empty()) {
    options.resume = {true, event_id(*last_event_id_header)};
  }
  return options;
}

}  // namespace gateway
