#include "gateway/hub/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "gateway/text/nearest.h"
#include "messaging/api/channels.h"
#include "messaging/model/events.h"

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

constexpr std::size_t kMaxItems = 64;  // of one list: each costs something with every event

base::Result<bool> yes_or_no(std::string_view name, std::string_view value) {
  if (value == "0" || value == "1") return value == "1";
  return bad(name, value, "0 or 1");
}

base::Result<> add_channel(EventFilter& filter, std::string_view channel) {
  EDGE_CHECK(messaging::check_channel_name(channel));
  if (filter.channels.empty()) filter.messages = false;
  if (channel == messaging::kMessagesChannel) filter.messages = true;
  auto& channels = filter.channels;
  if (std::find(channels.begin(), channels.end(), channel) == channels.end()) {
    channels.emplace_back(channel);
  }
  return {};
}

base::Result<> add_property(Properties& properties, std::string_view name, std::string_view value) {
  EDGE_CHECK(messaging::check_property(name, value).with_context("prop"));
  const bool twice = std::any_of(properties.begin(), properties.end(),
                                 [&](const auto& property) { return property.first == name; });
  if (twice || properties.size() == messaging::kMaxProperties) {
    return base::fail(Errc::invalid_argument,
                      fmt::format("prop.{}: expected each property once, and at most {} of them",
                                  name, messaging::kMaxProperties));
  }
  properties.emplace_back(name, value);
  return {};
}

// Without channels there are only our own types, and a misspelt one would stay silent for ever.
base::Result<> check_lists(const EventFilter& filter) {
  if (std::max({filter.types.size(), filter.accounts.size(), filter.chats.size(),
                filter.channels.size()}) > kMaxItems) {
    return base::fail(
        Errc::invalid_argument,
        fmt::format("expected at most {} types, accounts, chats and channels each", kMaxItems));
  }
  for (const std::string& type : filter.types) {
    const bool of_applications = std::any_of(
        filter.channels.begin(), filter.channels.end(),
        [](const std::string& channel) { return channel != messaging::kMessagesChannel; });
    const bool fits = of_applications ? !type.empty() && type.size() <= 128
                                      : messaging::event_kind_named(type).has_value();
    if (!fits) return bad("types", type, "a type of event; see docs/api.md");
  }
  return {};
}

// A name without what people vary: "accountId", "account-id" and "account_id[]" are alike.
std::string letters_of(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 64)) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

// The narrowing option that an unknown name most likely means; "" for a name of another kind.
std::string_view narrowing_option(std::string_view name) {
  struct Meaning {
    std::string_view word, option;
  };
  static constexpr std::array kOtherWords = {Meaning{"type", "types"},
                                             Meaning{"event", "types"},
                                             Meaning{"events", "types"},
                                             Meaning{"eventtype", "types"},
                                             Meaning{"eventtypes", "types"},
                                             Meaning{"eventkind", "types"},
                                             Meaning{"eventkinds", "types"},
                                             Meaning{"eventname", "types"},
                                             Meaning{"eventnames", "types"},
                                             Meaning{"kind", "types"},
                                             Meaning{"kinds", "types"},
                                             Meaning{"only", "types"},
                                             Meaning{"account", "account_id"},
                                             Meaning{"accounts", "account_id"},
                                             Meaning{"accountids", "account_id"},
                                             Meaning{"chat", "chat_id"},
                                             Meaning{"chats", "chat_id"},
                                             Meaning{"chatids", "chat_id"},
                                             Meaning{"channels", "channel"},
                                             Meaning{"channelid", "channel"},
                                             Meaning{"topic", "channel"},
                                             Meaning{"topics", "channel"},
                                             Meaning{"filter", "types"},
                                             Meaning{"prop", "prop.NAME"},
                                             Meaning{"props", "prop.NAME"},
                                             Meaning{"property", "prop.NAME"},
                                             Meaning{"properties", "prop.NAME"},
                                             Meaning{"where", "prop.NAME"}};
  const std::string word = letters_of(name);
  for (const Meaning& other : kOtherWords) {
    if (word == other.word) return other.option;
  }
  if (word.starts_with("prop") && name.find_first_of(".[") != std::string_view::npos) {
    return "prop.NAME";
  }
  static constexpr std::array<std::string_view, 4> kWords = {"types", "accountid", "chatid",
                                                             "channel"};
  static constexpr std::array<std::string_view, 4> kOptions = {"types", "account_id", "chat_id",
                                                               "channel"};
  const std::string_view close = nearest(word, kWords);
  if (close.empty()) return {};
  return kOptions[static_cast<std::size_t>(std::find(kWords.begin(), kWords.end(), close) -
                                           kWords.begin())];
}

base::Result<> take_unknown(StreamOptions& options, std::string_view name) {
  if (const auto meant = narrowing_option(name); !meant.empty()) {
    return base::fail(
        Errc::invalid_argument,
        fmt::format("'{}' is no option of /events; did you mean {}? Ignored, it would let more "
                    "through than was asked for",
                    name.substr(0, 64), meant));
  }
  // What is long or no plain word may be a secret that lost its name.
  const bool plain = name.size() <= 32 && letters_of(name).size() + 4 >= name.size();
  if (options.ignored.size() < 8) options.ignored.emplace_back(plain ? name : "(no plain name)");
  return {};
}

base::Result<> take(StreamOptions& options, std::string_view name, std::string_view value) {
  if (name == "types") {
    return for_each_item(value, [&](std::string_view item) -> base::Result<> {
      options.filter.types.emplace_back(item);
      return {};
    });
  }
  if (name == "account_id") return add_ids(name, value, options.filter.accounts);
  if (name == "chat_id") return add_ids(name, value, options.filter.chats);
  if (name == "channel") {
    return for_each_item(value,
                         [&](std::string_view item) { return add_channel(options.filter, item); });
  }
  if (name.starts_with("prop.")) return add_property(options.properties, name.substr(5), value);
  if (name == "named") {
    EDGE_TRY(options.manner.named, yes_or_no(name, value));
    return {};
  }
  if (name == "snapshot") {
    EDGE_TRY(options.snapshot, yes_or_no(name, value));
    return {};
  }
  if (name == "retry") {
    const auto pause = number<std::uint32_t>(value);
    if (!pause || *pause > 86'400'000)
      return bad(name, value, "a pause in milliseconds, up to a day");
    options.retry = *pause;
    return {};
  }
  if (name == "last_event_id" && !value.empty()) {
    const auto id = event_id(value);
    if (!id) return bad(name, value, "an event id (the number of an id: line)");
    if (!options.resume.given) options.resume = {true, id};
    return {};
  }
  // As EventSource polyfills and other hubs' clients name it. They append it to the page's query on
  // each reconnect, so it is newer than last_event_id, and it is never refused, as the header.
  if (const auto word = letters_of(name); word == "lasteventid" || word == "evslasteventid") {
    if (!value.empty()) options.resume = {true, event_id(value)};
    return {};
  }
  return take_unknown(options, name);
}

}  // namespace

base::Result<StreamOptions> parse_stream_options(
    const std::vector<std::pair<std::string, std::string>>& query,
    std::optional<std::string_view> last_event_id_header) {
  StreamOptions options;
  for (const auto& [name, value] : query) EDGE_CHECK(take(options, name, value));
  EDGE_CHECK(check_lists(options.filter));
  // The header is what a browser sends on each reconnect, so it is newer than the page's query. It
  // is never refused: EventSource would give up for good.
  if (last_event_id_header && !last_event_id_header->empty()) {
    options.resume = {true, event_id(*last_event_id_header)};
  }
  return options;
}

}  // namespace gateway
