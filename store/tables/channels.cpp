#include "store/tables/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <unordered_map>

#include "base/log.h"
#include "base/wire.h"
#include "store/counter.h"

namespace store {
namespace {

// What is sealed in a row: one event, several of one call whose ids follow each other, or several
// of one call with those of other channels between them: then each with its distance to the last
// one. A row has the id of its last event, and those of one channel do not overlap.
constexpr std::uint16_t kOneEvent = 1;
constexpr std::uint16_t kEvents = 2;
constexpr std::uint16_t kSpreadEvents = 3;
constexpr std::size_t kMostInRow = 16;
constexpr std::size_t kMostBytesInRow = 16 * 1024;  // of several events
// The floor of channels that are not there: nothing before the first one was ever dropped.
constexpr std::string_view kFloor = "channel_floor";
constexpr std::int64_t kMostPruned =
    64;  // aged events a write takes along, or two for each new one
constexpr std::int64_t kReadAtOnce = 256;  // rows that are looked at for pruning

struct Channel {
  std::int64_t id = 0;
  std::int64_t events = 0;
  std::int64_t bytes = 0;
};

Vault::Lookup hash_of(const Vault& vault, std::string_view channel) {
  return vault.lookup(vault.store_wide(), "channel", channel);
}

base::Result<std::optional<Channel>> find_channel(Connection& db, const Vault& vault,
                                                  std::string_view channel) {
  return db.one<Channel>(
      "SELECT id,events,bytes FROM checked_channel WHERE name_hash=? AND intact",
      [](const Row& row) {
        return Channel{row.integer(0), row.integer(1), row.integer(2)};
      },
      hash_of(vault, channel));
}

base::Result<base::EventId> floor_of_unknown(Connection& db) {
  EDGE_TRY(const std::int64_t floor, read_counter(db, base::AccountId(), kFloor));
  return base::EventId(static_cast<std::uint64_t>(floor));
}

// What this write changes in rows of `channel`; each row is written once, at the end, or before
// room is made.
struct Change {
  std::int64_t events = 0;
  std::int64_t bytes = 0;
  std::int64_t floor = 0;
  bool used = false;
};
using Changes = std::map<std::int64_t, Change>;  // by the channel's id

// One statement: for each of its own SQLite would begin and end a part of the transaction.
base::Result<> save(Tx& tx, Changes& changes) {
  if (changes.empty()) return {};
  std::string list;
  for (const auto& [channel, change] : changes) {
    fmt::format_to(std::back_inserter(list), "{}[{},{},{},{},{}]", list.empty() ? "[" : ",",
                   channel, change.events, change.bytes, change.floor, change.used ? 1 : 0);
  }
  list += ']';
  EDGE_CHECK(
      tx.db().run("UPDATE channel SET events=events+(d.value->>1),bytes=bytes+(d.value->>2),"
                  "floor=max(floor,d.value->>3),used_at=iif(d.value->>4,?2,used_at) "
                  "FROM json_each(?1) AS d WHERE channel.id=d.value->>0",
                  list, tx.now()));
  changes.clear();
  return {};
}

// Forgets the channel that was quiet longest and holds nothing, this write's events counted.
base::Result<> make_room(Tx& tx, const ChannelQuotas& quotas, Changes& changes) {
  Connection& db = tx.db();
  EDGE_TRY(const auto count, db.integer("SELECT count(*) FROM channel"));
  if (count.value_or(0) < quotas.channels) return {};
  EDGE_CHECK(save(tx, changes));
  EDGE_TRY(const auto quiet, db.integer("SELECT id FROM channel WHERE events=0 AND initial_sealed "
                                        "IS NULL ORDER BY used_at LIMIT 1"));
  if (!quiet) {
    return base::fail(base::Errc::exhausted,
                      fmt::format("there are {} channels with events or initial data already; "
                                  "publish on one of them, or wait until their events are old",
                                  quotas.channels));
  }
  EDGE_CHECK(db.run("DELETE FROM channel WHERE id=?", *quiet));
  EDGE_TRY(const base::EventId newest, tx.newest_event());
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(0,?,?) "
             "ON CONFLICT DO UPDATE SET value=excluded.value",
             kFloor, newest));
  return {};
}

base::Result<Channel> channel_for(Tx& tx, const ChannelQuotas& quotas, std::string_view name,
                                  Changes& changes) {
  EDGE_TRY(const auto found, find_channel(tx.db(), tx.vault(), name));
  if (found) return *found;
  // One that is not intact has lost its history.
  EDGE_CHECK(tx.db().run("DELETE FROM channel WHERE name_hash=?", hash_of(tx.vault(), name)));
  EDGE_CHECK(make_room(tx, quotas, changes));
  EDGE_TRY(const base::EventId floor, floor_of_unknown(tx.db()));
  EDGE_CHECK(tx.db().run("INSERT INTO channel(name_hash,floor,used_at) VALUES(?,?,?)",
                         hash_of(tx.vault(), name), floor, tx.now()));
  EDGE_TRY(const auto made, find_channel(tx.db(), tx.vault(), name));
  if (!made) return base::fail(base::Errc::internal, "a channel was made and is not there");
  return *made;
}

// The events of a call that share a row: all of one channel, in the order of their ids.
struct NewRow {
  std::int64_t channel = 0;
  std::vector<std::size_t> events = {};  // places in the call
  std::size_t bytes = 0;
};

// The body of a row as it is sealed: its readable columns cannot be changed without the seal
// noticing. `id` is that of its last event.
base::Bytes seal_row(const Vault& vault, base::EventId id, const NewRow& row, std::uint16_t kind,
                     base::UnixMillis at, std::span<const NewChannelEvent> events) {
  const std::size_t last = row.events.back();
  const bool dense = last - row.events.front() + 1 == row.events.size();
  const std::uint16_t form = row.events.size() == 1 ? kOneEvent : dense ? kEvents : kSpreadEvents;
  base::WireWriter plain;
  plain.u16(form).i64(row.channel).u16(kind).i64(at);
  if (form != kOneEvent) plain.u16(static_cast<std::uint16_t>(row.events.size()));
  for (const std::size_t place : row.events) {
    const base::Bytes& body = events[place].body;
    if (form == kSpreadEvents) plain.u32(static_cast<std::uint32_t>(last - place));
    if (form == kOneEvent) {
      plain.fixed(body);
    } else {
      plain.bytes(body);
    }
  }
  return vault.seal(vault.store_wide(), "channel_event", "sealed",
                    static_cast<std::int64_t>(id.value), plain.view());
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
std::unique_ptr<OpenRow> open_row(const Vault& vault, std::int64_t id, std::int64_t channel,
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

struct Oldest {
  std::int64_t id = 0;
  std::int64_t channel = 0;
  std::int64_t size = 0;
  base::UnixMillis at = 0;
};
Oldest read_oldest(const Row& row) {
  return {row.integer(0), row.integer(1), row.integer(2), row.integer(3)};
}

// How many events are in a row that goes; one where that cannot be read any more.
base::Result<std::int64_t> events_in(Tx& tx, const Oldest& row) {
  if (row.size > static_cast<std::int64_t>(2 * kMostBytesInRow)) return 1;
  std::size_t count = 1;
  EDGE_CHECK(tx.db().each(
      "SELECT sealed FROM channel_event WHERE id=?",
      [&](const Row& columns) {
        const auto open = open_row(tx.vault(), row.id, row.channel, row.at, columns.blob(0));
        if (open) count = open->events;
      },
      row.id));
  return static_cast<std::int64_t>(count);
}

void note_dropped(Changes& changes, const Oldest& row, std::int64_t events) {
  Change& change = changes[row.channel];
  change.events -= events;
  change.bytes -= row.size;
  change.floor = std::max(change.floor, row.id);
}

base::Result<> prune_channel(Tx& tx, const ChannelQuotas& quotas, Channel channel,
                             Changes& changes) {
  Connection& db = tx.db();
  const auto over = [&] { return channel.events > quotas.events || channel.bytes > quotas.bytes; };
  while (over()) {
    std::int64_t cut = 0;
    EDGE_CHECK(db.each(
        "SELECT id,channel_id,length(sealed),at_ms FROM channel_event WHERE channel_id=? ORDER BY "
        "id LIMIT ?",
        [&](const Row& row) -> base::Result<> {
          if (!over()) return {};
          const Oldest oldest = read_oldest(row);
          EDGE_TRY(const std::int64_t events, events_in(tx, oldest));
          cut = oldest.id;
          channel.events -= events;
          channel.bytes -= oldest.size;
          note_dropped(changes, oldest, events);
          return {};
        },
        channel.id, kReadAtOnce));
    if (cut == 0) return {};
    EDGE_CHECK(db.run("DELETE FROM channel_event WHERE channel_id=? AND id<=?", channel.id, cut));
  }
  return {};
}

base::Result<> prune_all(Tx& tx, const ChannelQuotas& quotas, std::size_t appended,
                         Changes& changes) {
  Connection& db = tx.db();
  EDGE_TRY(const auto sum, db.integer("SELECT sum(bytes) FROM checked_channel WHERE intact"));
  std::int64_t total = sum.value_or(0);
  for (const auto& [channel, change] : changes) total += change.bytes;
  auto aged_left = std::max(kMostPruned, 2 * static_cast<std::int64_t>(appended));
  const base::UnixMillis old = tx.now() - quotas.age;
  const auto is_due = [&](const Oldest& oldest) {
    return total > quotas.total_bytes || (oldest.at < old && aged_left > 0);
  };
  EDGE_TRY(const auto first, db.one<Oldest>("SELECT id,channel_id,length(sealed),at_ms FROM "
                                            "channel_event ORDER BY id LIMIT 1",
                                            read_oldest));
  bool more = first && is_due(*first);
  while (more) {
    std::int64_t cut = 0;
    EDGE_CHECK(db.each(
        "SELECT id,channel_id,length(sealed),at_ms FROM channel_event ORDER BY id LIMIT ?",
        [&](const Row& row) -> base::Result<> {
          if (!more) return {};
          const Oldest oldest = read_oldest(row);
          more = is_due(oldest);
          if (!more) return {};
          EDGE_TRY(const std::int64_t events, events_in(tx, oldest));
          cut = oldest.id;
          aged_left -= events;
          total -= oldest.size;
          note_dropped(changes, oldest, events);
          return {};
        },
        kReadAtOnce));
    if (cut == 0) return {};
    EDGE_CHECK(db.run("DELETE FROM channel_event WHERE id<=?", cut));
  }
  return {};
}

// The channel of each event of the call, found or begun once, with the events counted, so that
// none of these channels is one that holds nothing.
base::Result<std::map<std::string_view, Channel>> channels_of(
    Tx& tx, const ChannelQuotas& quotas, std::span<const NewChannelEvent> events,
    Changes& changes) {
  std::map<std::string_view, Channel> channels;
  for (const NewChannelEvent& event : events) {
    auto to = channels.find(event.channel);
    if (to == channels.end()) {
      EDGE_TRY(const Channel found, channel_for(tx, quotas, event.channel, changes));
      to = channels.emplace(event.channel, found).first;
    }
    ++to->second.events;
    Change& change = changes[to->second.id];
    ++change.events;
    change.used = true;
  }
  return channels;
}

// The rows of a call's events, in the order of their ids.
std::vector<NewRow> rows_of(std::span<const NewChannelEvent> events,
                            std::span<const std::int64_t> channels) {
  std::vector<NewRow> rows;
  std::unordered_map<std::int64_t, std::size_t> open;  // the channel's row that is being filled
  for (std::size_t place = 0; place < events.size(); ++place) {
    const std::size_t size = events[place].body.size();
    const auto [at, fresh] = open.try_emplace(channels[place], rows.size());
    const NewRow* const row = fresh ? nullptr : &rows[at->second];
    if (row == nullptr || row->events.size() == kMostInRow || row->bytes + size > kMostBytesInRow ||
        place - row->events.front() >= kChannelRowSpread) {
      at->second = rows.size();
      rows.push_back({.channel = channels[place]});
    }
    NewRow& to = rows[at->second];
    to.events.push_back(place);
    to.bytes += size;
  }
  std::sort(rows.begin(), rows.end(), [](const NewRow& one, const NewRow& other) {
    return one.events.back() < other.events.back();
  });
  return rows;
}

}  // namespace

base::Result<std::vector<base::EventId>> append_channel_events(
    Tx& tx, const ChannelQuotas& quotas, std::uint16_t kind,
    std::span<const NewChannelEvent> events) {
  std::vector<base::EventId> ids;
  if (events.empty()) return ids;
  EDGE_TRY(const base::EventId first, tx.take_event_ids(static_cast<std::int64_t>(events.size())));
  Changes changes;
  EDGE_TRY(auto channels, channels_of(tx, quotas, events, changes));
  const base::UnixMillis now = tx.now();
  std::vector<std::int64_t> channel_ids;
  ids.reserve(events.size());
  channel_ids.reserve(events.size());
  for (const NewChannelEvent& event : events) {
    ids.emplace_back(first.value + ids.size());
    channel_ids.push_back(channels.find(event.channel)->second.id);
    tx.add_event({.id = ids.back(),
                  .account = {},
                  .at = now,
                  .kind = kind,
                  .body = {},
                  .channel = channel_ids.back(),
                  .facts = event.facts});
  }
  for (const NewRow& row : rows_of(events, channel_ids)) {
    const base::EventId id = ids[row.events.back()];
    const base::Bytes sealed = seal_row(tx.vault(), id, row, kind, now, events);
    const auto size = static_cast<std::int64_t>(sealed.size());
    EDGE_CHECK(
        tx.db().run("INSERT INTO channel_event(id,channel_id,at_ms,size,sealed) VALUES(?,?,?,?,?)",
                    id, row.channel, now, size, sealed));
    channels.find(events[row.events.front()].channel)->second.bytes += size;
    changes[row.channel].bytes += size;
  }
  for (const auto& [name, channel] : channels) {
    EDGE_CHECK(prune_channel(tx, quotas, channel, changes));
  }
  EDGE_CHECK(prune_all(tx, quotas, events.size(), changes));
  EDGE_CHECK(save(tx, changes));
  return ids;
}

base::Result<> set_channel_initial(Tx& tx, const ChannelQuotas& quotas, std::string_view channel,
                                   std::optional<base::ByteView> body) {
  if (!body) {
    EDGE_CHECK(
        tx.db().run("UPDATE channel SET initial_at=NULL,initial_sealed=NULL WHERE name_hash=?",
                    hash_of(tx.vault(), channel)));
    return {};
  }
  Changes none;
  EDGE_TRY(const Channel to, channel_for(tx, quotas, channel, none));
  EDGE_CHECK(tx.db().run(
      "UPDATE channel SET initial_at=?,initial_sealed=?,used_at=?1 WHERE id=?", tx.now(),
      tx.vault().seal(tx.vault().store_wide(), "channel", "initial_sealed", to.id, *body), to.id));
  return {};
}

base::Result<std::optional<base::Bytes>> channel_initial(Connection& db, const Vault& vault,
                                                         std::string_view channel) {
  std::optional<base::Bytes> found;
  EDGE_CHECK(db.each(
      "SELECT id,initial_sealed FROM checked_channel WHERE name_hash=? AND initial_sealed IS NOT "
      "NULL AND intact",
      [&](const Row& row) {
        const auto plain = vault.open(vault.store_wide(), "channel", "initial_sealed",
                                      row.integer(0), row.blob(1));
        if (plain) {
          found = base::to_bytes(base::ByteView(*plain));
        } else {
          base::log::error("the initial data of channel {} does not open", row.integer(0));
        }
      },
      hash_of(vault, channel)));
  return found;
}

base::Result<std::vector<base::EventId>> channel_rows_after(Connection& db, const Vault& vault,
                                                            std::string_view channel,
                                                            base::EventId after, std::size_t limit,
                                                            base::EventId to) {
  std::vector<base::EventId> ids;
  EDGE_CHECK(db.each(
      "SELECT e.id FROM channel_event e INDEXED BY channel_event_by_channel WHERE e.id>?1 AND "
      "e.id<=?4 AND e.channel_id=(SELECT id FROM checked_channel WHERE name_hash=?2 AND intact) "
      "ORDER BY e.id "
      "LIMIT ?3",
      [&](const Row& row) { ids.push_back(row.id<base::EventId>(0)); }, after,
      hash_of(vault, channel), limit, to));
  return ids;
}

base::Result<std::vector<LoggedEvent>> channel_events_of_row(Connection& db, const Vault& vault,
                                                             base::EventId row) {
  std::vector<LoggedEvent> events;
  EDGE_CHECK(db.each(
      "SELECT channel_id,at_ms,sealed FROM channel_event WHERE id=?",
      [&](const Row& columns) {
        const std::int64_t channel = columns.integer(0);
        const base::UnixMillis at = columns.integer(1);
        const auto open =
            open_row(vault, static_cast<std::int64_t>(row.value), channel, at, columns.blob(2));
        for (std::size_t left = open ? open->events : 0; left > 0 && open->in.ok(); --left) {
          const std::uint64_t back = open->form == kSpreadEvents ? open->in.u32() : left - 1;
          const base::ByteView body =
              open->form == kOneEvent ? open->in.rest() : open->in.bytes(kMostBytesInRow);
          events.push_back({.id = base::EventId(row.value - back),
                            .account = {},
                            .at = at,
                            .kind = open->kind,
                            .body = base::to_bytes(body),
                            .channel = channel});
        }
        if (open && !open->in.ok()) events.clear();
      },
      row));
  return events;
}

base::Result<base::EventId> channel_floor(Connection& db, const Vault& vault,
                                          std::string_view channel) {
  EDGE_TRY(const auto floor,
           db.integer("SELECT floor FROM checked_channel WHERE name_hash=? AND intact",
                      hash_of(vault, channel)));
  if (floor) return base::EventId(static_cast<std::uint64_t>(*floor));
  return floor_of_unknown(db);
}

base::Result<bool> any_channel(Connection& db) {
  EDGE_TRY(const auto one, db.integer("SELECT EXISTS(SELECT 1 FROM channel)"));
  return one.value_or(0) != 0;
}

}  // namespace store
