#include "messaging/model/events.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <type_traits>

#include "base/wire.h"

namespace messaging {
namespace {

constexpr std::size_t kMaxEventText = 64 * 1024;

template <class T>
void put(base::WireWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    out.text(value);
  } else if constexpr (std::is_same_v<T, base::Bytes>) {
    out.bytes(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    out.u32(value);
  } else {
    out.u32(value.value);
  }
}

template <class T>
void get(base::WireReader& in, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    value = in.text(kMaxEventText);
  } else if constexpr (std::is_same_v<T, base::Bytes>) {
    value = base::to_bytes(in.bytes(kMaxEventText));
  } else if constexpr (std::is_same_v<T, bool>) {
    value = in.boolean();
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    value = in.u32();
  } else {
    value = T(in.u32());
  }
}

// Tries each alternative of the variant until the kind matches.
template <std::size_t I = 0>
base::Result<EventBody> decode_as(std::uint16_t kind, base::ByteView bytes) {
  if constexpr (I < std::variant_size_v<EventBody>) {
    using Body = std::variant_alternative_t<I, EventBody>;
    if (Body::kKind != kind) return decode_as<I + 1>(kind, bytes);
    if constexpr (std::is_same_v<Body, ChannelEvent>) {
      EDGE_TRY(ChannelEvent event, decode_channel_event(bytes));
      return EventBody(std::move(event));
    }
    Body body;
    base::WireReader in(bytes);
    base::for_each_field(body, [&](const auto&, auto& value) { get(in, value); });
    // Remaining bytes are fields of a later version: an older daemon still decodes the known ones.
    if (!in.ok()) return base::fail(base::Errc::corrupt, "an event in the log is cut short");
    return EventBody(std::move(body));
  } else {
    return base::fail(base::Errc::corrupt, "an event in the log is of an unknown kind");
  }
}

// The description of a variant's alternative; one that lacks a part does not compile.
template <class Body>
concept Described = base::HasFields<Body> && requires {
  { Body::kName } -> std::convertible_to<std::string_view>;
  { Body::kDoc } -> std::convertible_to<std::string_view>;
  { Body::kKind } -> std::convertible_to<std::uint16_t>;
};

template <class Body>
constexpr bool kIsLogged = !kIsDerived<Body> && !std::is_same_v<Body, ChannelEvent>;

template <Described... Bodies>
constexpr auto rows_of(std::type_identity<std::variant<Bodies...>>) {
  static_assert((std::is_same_v<Bodies, ChannelEvent> + ...) == 1);
  std::array<EventRow, (kIsLogged<Bodies> + ...)> rows;
  std::size_t at = 0;
  const auto add = [&]<class Body>(std::type_identity<Body>) {
    if constexpr (kIsLogged<Body>) {
      rows[at++] = {Body::kName, Body::kDoc, Body::kKind};
    }
  };
  (add(std::type_identity<Bodies>()), ...);
  return rows;
}

constexpr auto kRows = rows_of(std::type_identity<EventBody>());

}  // namespace

ChatId chat_of(const EventBody& body) {
  return std::visit(
      [](const auto& b) {
        if constexpr (requires { b.chat_id; }) {
          return b.chat_id;
        } else {
          return ChatId();
        }
      },
      body);
}

std::span<const EventRow> event_rows() { return kRows; }

std::optional<std::uint16_t> event_kind_named(std::string_view name) {
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const EventRow& known) { return known.name == name; });
  if (row == kRows.end()) return std::nullopt;
  return row->kind;
}

std::uint16_t event_kind(const EventBody& body) {
  return std::visit([](const auto& b) { return std::decay_t<decltype(b)>::kKind; }, body);
}

base::Bytes encode_event(const EventBody& body) {
  if (const auto* event = std::get_if<ChannelEvent>(&body)) return encode_channel_event(*event);
  base::WireWriter out;
  std::visit(
      [&](const auto& b) {
        base::for_each_field(b, [&](const auto&, const auto& value) { put(out, value); });
      },
      body);
  return out.take();
}

base::Result<EventBody> decode_event(std::uint16_t kind, base::ByteView bytes) {
  return decode_as(kind, bytes);
}

}  // namespace messaging
