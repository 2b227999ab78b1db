#include "store/tables/channel_row.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/wire.h"
#include "crypto/wiping.h"
#include "store/tables/channels.h"

namespace store {
namespace {

// One event; several whose ids follow each other; or several with those of other channels between
// them: then each with its distance to the last one.
constexpr std::uint16_t kOneEvent = 1;
constexpr std::uint16_t kEvents = 2;
constexpr std::uint16_t kSpreadEvents = 3;
constexpr std::size_t kMostInRow = 16;

// Where the columns stand in the sealed text: form u16 | channel i64 | kind u16 | at i64.
constexpr std::size_t kChannelAt = 2;
constexpr std::size_t kTimeAt = 12;

void put(base::Bytes& plain, std::size_t at, std::int64_t value) {
  for (std::size_t i = 0; i < 8; ++i) {
    plain[at + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
  }
}

base::Bytes lay_out(std::uint16_t kind, std::span<const std::size_t> places,
                    std::span<const base::ByteView> bodies) {
  const std::size_t last = places.back();
  const bool dense = last - places.front() + 1 == places.size();
  const std::uint16_t form = places.size() == 1 ? kOneEvent : dense ? kEvents : kSpreadEvents;
  base::WireWriter plain;
  plain.u16(form).i64(0).u16(kind).i64(0);
  if (form == kOneEvent) return plain.fixed(bodies[last]).take();
  plain.u16(static_cast<std::uint16_t>(places.size()));
  for (const std::size_t place : places) {
    if (form == kSpreadEvents) plain.u32(static_cast<std::uint32_t>(last - place));
    plain.bytes(bodies[place]);
  }
  return plain.take();
}

// A row with its body open, up to the first event.
struct OpenRow {
  crypto::WipingBytes plain;
  base::WireReader in;  // of it
  std::uint16_t form = 0;
  std::uint16_t kind = 0;
  std::size_t events = 0;
};

// Nothing when the row does not open.
std::unique_ptr<OpenRow> open(const Vault& vault, std::int64_t id, std::int64_t channel,
                              base::UnixMillis at, base::ByteView sealed) {
  auto plain = vault.open(vault.store_wide(), "channel_event", "sealed", id, sealed);
  if (!plain) return nullptr;
  auto row =
      std::make_unique<OpenRow>(OpenRow{*std::move(plain), base::WireReader(base::ByteView())});
  row->in = base::WireReader(row->plain);
  row->form = row->in.u16();
  const bool same = row->in.i64() == channel;
  row->kind = row->in.u16();
  if (!same || row->in.i64() != at) return nullptr;
  row->events = row->form == kOneEvent ? 1 : row->in.u16();
  if (!row->in.ok() || row->form < kOneEvent || row->form > kSpreadEvents) return nullptr;
  return row;
}

}  // namespace

std::vector<NewChannelRow> lay_out_rows(std::uint16_t kind, std::span<const base::ByteView> bodies,
                                        std::span<const std::size_t> channels) {
  struct Places {
    std::vector<std::size_t> places;
    std::size_t bytes = 0;
  };
  std::vector<Places> rows;
  std::unordered_map<std::size_t, std::size_t> filled;  // the row of a channel that is being filled
  for (std::size_t place = 0; place < bodies.size(); ++place) {
    const std::size_t size = bodies[place].size();
    const auto [at, fresh] = filled.try_emplace(channels[place], rows.size());
    const Places* const row = fresh ? nullptr : &rows[at->second];
    if (row == nullptr || row->places.size() == kMostInRow || row->bytes + size > kMostBytesInRow ||
        place - row->places.front() >= kChannelRowSpread) {
      at->second = rows.size();
      rows.emplace_back();
    }
    rows[at->second].places.push_back(place);
    rows[at->second].bytes += size;
  }
  std::vector<NewChannelRow> out;
  out.reserve(rows.size());
  for (const Places& row : rows) {
    const std::size_t last = row.places.back();
    out.push_back({channels[last], last, static_cast<std::int64_t>(row.places.size()),
                   lay_out(kind, row.places, bodies)});
  }
  std::sort(out.begin(), out.end(), [](const NewChannelRow& one, const NewChannelRow& other) {
    return one.last < other.last;
  });
  return out;
}

base::Bytes seal_row(const Vault& vault, base::EventId id, NewChannelRow& row, std::int64_t channel,
                     base::UnixMillis at) {
  put(row.plain, kChannelAt, channel);
  put(row.plain, kTimeAt, at);
  return vault.seal(vault.store_wide(), "channel_event", "sealed",
                    static_cast<std::int64_t>(id.value), row.plain);
}

std::int64_t events_of_row(const Vault& vault, std::int64_t id, std::int64_t channel,
                           base::UnixMillis at, base::ByteView sealed) {
  const auto row = open(vault, id, channel, at, sealed);
  return row ? static_cast<std::int64_t>(row->events) : 0;
}

std::vector<LoggedEvent> open_row(const Vault& vault, std::int64_t id, std::int64_t channel,
                                  base::UnixMillis at, base::ByteView sealed) {
  std::vector<LoggedEvent> events;
  const auto row = open(vault, id, channel, at, sealed);
  for (std::size_t left = row ? row->events : 0; left > 0 && row->in.ok(); --left) {
    const std::uint64_t back = row->form == kSpreadEvents ? row->in.u32() : left - 1;
    const base::ByteView body =
        row->form == kOneEvent ? row->in.rest() : row->in.bytes(kMostBytesInRow);
    events.push_back({.id = base::EventId(static_cast<std::uint64_t>(id) - back),
                      .account = {},
                      .at = at,
                      .kind = row->kind,
                      .body = base::to_bytes(body),
                      .channel = channel});
  }
  if (row && !row->in.ok()) events.clear();
  return events;
}

}  // namespace store
