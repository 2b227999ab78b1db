#include "messaging/api/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/wire.h"
#include "messaging/kernel/core.h"
#include "messaging/model/channel_rules.h"
#include "messaging/model/events.h"
#include "store/tables/channels.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxWord = 128;
constexpr std::size_t kMaxOwnId = 256;
constexpr std::size_t kMaxFilled = 100;  // placeholders; each may grow by a property's value
constexpr std::uint32_t kMaxRetry = 86'400'000;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// U+0085, U+2028 and U+2029: many stream clients treat them as line ends.
bool holds_line_end(std::string_view text) {
  return text.find("\xC2\x85") != std::string_view::npos ||
         text.find("\xE2\x80\xA8") != std::string_view::npos ||
         text.find("\xE2\x80\xA9") != std::string_view::npos;
}

// Checks a field that has to fit on one line of the stream.
base::Result<> check_line(std::string_view what, std::string_view text, std::size_t most) {
  if (text.size() <= most && base::is_utf8(text) &&
      std::none_of(text.begin(), text.end(), is_control) && !holds_line_end(text)) {
    return {};
  }
  return fail(Errc::invalid_argument,
              fmt::format("{}: expected at most {} bytes of UTF-8 without control characters and "
                          "line separators",
                          what, most));
}

base::Result<> check_type(std::string_view type) {
  EDGE_CHECK(check_line("type", type, kMaxWord));
  if (!is_reserved_type(type)) return {};
  return fail(Errc::invalid_argument,
              fmt::format("type: '{}' is a name of the gateway's own events or of EventSource's; "
                          "choose another, or leave it out for onmessage",
                          type));
}

base::Result<> check_own_id(std::string_view id) {
  if (is_own_id(id)) return {};
  return fail(Errc::invalid_argument,
              fmt::format("id: expected at most {} printable ASCII characters, which every client "
                          "can send back in the header Last-Event-ID",
                          kMaxOwnId));
}

std::size_t places_to_fill(std::string_view data) {
  std::size_t places = 0;
  for (std::size_t at = data.find("{{"); at != std::string_view::npos;
       at = data.find("{{", at + 2)) {
    ++places;
  }
  return places;
}

base::Result<> check_event(const ChannelEvent& event) {
  EDGE_CHECK(check_channel_name(event.channel));
  if (event.channel == kMessagesChannel) {
    return fail(Errc::invalid_argument,
                "channel: 'messages' stands for the messaging events; publish on another");
  }
  EDGE_CHECK(check_type(event.type));
  EDGE_CHECK(check_own_id(event.own_id));
  if (event.retry > kMaxRetry) {
    return fail(Errc::invalid_argument, "retry: expected milliseconds, up to a day");
  }
  if (event.data.size() > kMaxChannelData) {
    return fail(Errc::too_large,
                fmt::format("data: {} bytes; {} at most", event.data.size(), kMaxChannelData));
  }
  if (!base::is_utf8(event.data)) {
    return fail(Errc::invalid_argument, "data: expected UTF-8");
  }
  if (event.where.size() > kMaxProperties) {
    return fail(Errc::invalid_argument,
                fmt::format("where: expected at most {} properties", kMaxProperties));
  }
  for (const auto& [name, value] : event.where) {
    EDGE_CHECK(check_property(name, value).with_context("where"));
  }
  if (event.fill && places_to_fill(event.data) > kMaxFilled) {
    return fail(Errc::invalid_argument,
                fmt::format("data: expected at most {} places to fill in", kMaxFilled));
  }
  return {};
}

store::ChannelQuotas quotas() { return {}; }

}  // namespace

bool is_reserved_type(std::string_view type) {
  static constexpr std::array<std::string_view, 6> kFrames = {"lag",   "snapshot", "ping",
                                                              "error", "open",     "message"};
  const std::string lower = base::lower_ascii(type);
  return std::find(kFrames.begin(), kFrames.end(), lower) != kFrames.end() ||
         event_kind_named(type).has_value();
}

bool is_own_id(std::string_view id) {
  return id.size() <= kMaxOwnId &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

base::Result<> check_channel_name(std::string_view name) {
  const bool plain = std::none_of(name.begin(), name.end(),
                                  [](char c) { return is_control(c) || c == ' ' || c == ','; });
  if (!name.empty() && name.size() <= kMaxWord && plain && base::is_utf8(name)) return {};
  return fail(Errc::invalid_argument,
              "channel: expected a name of 1 to 128 bytes without control characters, spaces and "
              "commas");
}

base::Result<> check_property(std::string_view name, std::string_view value) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (name.empty() || name.size() > 64 || !plain) {
    return fail(Errc::invalid_argument,
                "expected a property's name: 1 to 64 letters, digits, '_', '-' and '.'");
  }
  return check_line(name, value, 256);
}

base::Bytes encode_channel_event(const ChannelEvent& event) {
  base::WireWriter out;
  out.text(event.channel).text(event.type).text(event.own_id).u32(event.retry);
  out.boolean(event.json).boolean(event.fill);
  out.u16(static_cast<std::uint16_t>(event.where.size()));
  for (const auto& [name, value] : event.where) out.text(name).text(value);
  out.text(event.data);
  return out.take();
}

base::Result<ChannelEvent> decode_channel_event(base::ByteView bytes) {
  base::WireReader in(bytes);
  ChannelEvent event;
  event.channel = in.text(kMaxWord);
  event.type = in.text(kMaxWord);
  event.own_id = in.text(kMaxOwnId);
  event.retry = in.u32();
  event.json = in.boolean();
  event.fill = in.boolean();
  const std::size_t properties = in.u16();
  for (std::size_t i = 0; i < properties && in.ok(); ++i) {
    std::string name = in.text(kMaxWord);
    event.where.emplace_back(std::move(name), in.text(kMaxOwnId));
  }
  event.data = in.text(kMaxChannelData);
  if (!in.ok()) return fail(Errc::corrupt, "a channel's event in the log is cut short");
  return event;
}

void Channels::publish(std::vector<ChannelEvent> events,
                       base::Completion<std::vector<base::EventId>> done) {
  if (events.empty() || events.size() > kMaxPublished) {
    return done(fail(Errc::invalid_argument,
                     fmt::format("expected 1 to {} events at once", kMaxPublished)));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (auto checked = check_event(events[i]); !checked) {
      auto error = std::move(checked).error();
      return done(events.size() == 1 ? std::move(error)
                                     : std::move(error).with_context(fmt::format("[{}]", i)));
    }
  }
  // Encoded here, because other writes wait for the writer.
  std::vector<store::NewChannelEvent> fresh;
  fresh.reserve(events.size());
  for (ChannelEvent& event : events) {
    base::Bytes body = encode_channel_event(event);
    auto facts = std::make_shared<kernel::WrittenEvent>(std::move(event));
    const std::string_view channel = std::get<ChannelEvent>(facts->body).channel;
    fresh.push_back({channel, std::move(body), std::move(facts)});
  }
  core_.store.write<std::vector<base::EventId>>(
      [call = store::ChannelCall(core_.store.vault(), ChannelEvent::kKind, fresh)](
          store::Tx& tx) mutable { return store::append_channel_events(tx, quotas(), call); },
      std::move(done));
}

void Channels::set_initial(ChannelEvent event, base::Completion<> done) {
  if (auto checked = check_event(event); !checked) return done(std::move(checked).error());
  core_.store.write<void>(
      [event = std::move(event)](store::Tx& tx) -> base::Result<> {
        const base::Bytes body = encode_channel_event(event);
        return store::set_channel_initial(tx, quotas(), event.channel, base::ByteView(body));
      },
      std::move(done));
}

void Channels::clear_initial(std::string channel, base::Completion<> done) {
  if (auto checked = check_channel_name(channel); !checked) {
    return done(std::move(checked).error());
  }
  core_.store.write<void>(
      [channel = std::move(channel)](store::Tx& tx) {
        return store::set_channel_initial(tx, quotas(), channel, std::nullopt);
      },
      std::move(done));
}

}  // namespace messaging
