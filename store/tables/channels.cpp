#include "store/tables/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "base/log.h"
#include "store/counter.h"
#include "store/tables/channel_index.h"

namespace store {
namespace {

// The floor of channels that are not there: nothing before the first one was ever dropped.
constexpr std::string_view kFloor = "channel_floor";
constexpr std::int64_t kMostPruned =
    64;  // aged events a write takes along, or two for each new one
constexpr std::size_t kReadAtOnce = 256;          // rows that are looked at for pruning
constexpr std::size_t kReadOfChannelAtOnce = 16;  // the same of one channel

Vault::Lookup hash_of(const Vault& vault, std::string_view channel) {
  return vault.lookup(vault.store_wide(), "channel", channel);
}

base::Result<ChannelCounts*> counts_of(Tx& tx) {
  ChannelCounts& counts = tx.channel_counts();
  if (counts.known()) return &counts;
  EDGE_CHECK(tx.db().each("SELECT name_hash,id,events,bytes FROM checked_channel WHERE intact",
                          [&](const Row& row) -> base::Result<> {
                            EDGE_TRY(const auto name,
                                     row.array<std::tuple_size_v<Vault::Lookup>>(0));
                            counts.add(name, row.integer(1), {row.integer(2), row.integer(3)});
                            return {};
                          }));
  counts.begin();
  return &counts;
}

base::Result<base::EventId> floor_of_unknown(Connection& db) {
  EDGE_TRY(const std::int64_t floor, read_counter(db, base::AccountId(), kFloor));
  return base::EventId(static_cast<std::uint64_t>(floor));
}

// The changes of this write in rows of `channel`; each row is written once, at the end, or before
// old events are deleted.
struct Change {
  ChannelCount by = {};
  std::int64_t floor = 0;
  bool used = false;
};
using Changes = std::map<std::int64_t, Change>;  // by the channel's id

// One statement, because SQLite would begin and end a savepoint for each of several.
base::Result<> save(Tx& tx, Changes& changes) {
  if (changes.empty()) return {};
  std::string list;
  for (const auto& [channel, change] : changes) {
    fmt::format_to(std::back_inserter(list), "{}[{},{},{},{},{}]", list.empty() ? "[" : ",",
                   channel, change.by.events, change.by.bytes, change.floor, change.used ? 1 : 0);
    tx.channel_counts().change(channel, change.by);
  }
  list += ']';
  EDGE_CHECK(
      tx.db().run("UPDATE channel SET events=events+(d.value->>1),bytes=bytes+(d.value->>2),"
                  "floor=max(floor,d.value->>3),used_at=iif(d.value->>4,?2,used_at) "
                  "FROM json_each(?1) AS d WHERE channel.id=d.value->>0",
                  list, tx.now()));
  for (const auto& [channel, change] : changes) {
    const bool emptied = change.by.events < 0 && tx.channel_counts().of(channel).events <= 0;
    if (emptied) EDGE_CHECK(forget_channel_rows(tx, channel));
  }
  changes.clear();
  return {};
}

// Deletes the channel that was quiet longest and holds no events, counting this write's events.
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
  EDGE_CHECK(delete_channel(tx, *quiet));
  tx.channel_counts().remove(*quiet);
  EDGE_TRY(const base::EventId newest, tx.newest_event());
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(0,?,?) "
             "ON CONFLICT DO UPDATE SET value=excluded.value",
             kFloor, newest));
  return {};
}

base::Result<std::int64_t> channel_for(Tx& tx, const ChannelQuotas& quotas,
                                       const Vault::Lookup& name, Changes& changes) {
  EDGE_TRY(ChannelCounts* const counts, counts_of(tx));
  if (const std::int64_t known = counts->find(name); known != 0) return known;
  // A channel whose row is not intact has lost its history.
  EDGE_TRY(const auto damaged, tx.db().integer("SELECT id FROM channel WHERE name_hash=?", name));
  if (damaged) EDGE_CHECK(delete_channel(tx, *damaged));
  EDGE_CHECK(make_room(tx, quotas, changes));
  EDGE_TRY(const base::EventId floor, floor_of_unknown(tx.db()));
  EDGE_TRY(
      const auto made,
      tx.db().integer("INSERT INTO channel(name_hash,floor,used_at) VALUES(?,?,?) RETURNING id",
                      name, floor, tx.now()));
  if (!made) return base::fail(base::Errc::internal, "a channel was made and is not there");
  counts->add(name, *made, {});
  return *made;
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

// The number of events in a deleted row; 1 if it cannot be read.
base::Result<std::int64_t> events_in(Tx& tx, const Oldest& row) {
  if (row.size > static_cast<std::int64_t>(2 * kMostBytesInRow)) return 1;
  std::int64_t count = 0;
  EDGE_CHECK(tx.db().each(
      "SELECT sealed FROM channel_event WHERE id=?",
      [&](const Row& columns) {
        count = events_of_row(tx.vault(), row.id, row.channel, row.at, columns.blob(0));
      },
      row.id));
  return std::max<std::int64_t>(count, 1);
}

void note_dropped(Changes& changes, const Oldest& row, std::int64_t events) {
  Change& change = changes[row.channel];
  change.by.events -= events;
  change.by.bytes -= row.size;
  change.floor = std::max(change.floor, row.id);
}

base::Result<> prune_channel(Tx& tx, const ChannelQuotas& quotas, std::int64_t channel,
                             Changes& changes) {
  Connection& db = tx.db();
  const ChannelCount before = tx.channel_counts().of(channel);
  const auto over = [&] {
    const ChannelCount& by = changes[channel].by;
    return before.events + by.events > quotas.events || before.bytes + by.bytes > quotas.bytes;
  };
  base::EventId after;
  while (over()) {
    EDGE_TRY(const auto rows, channel_rows(db, channel, after, kNoEnd, kReadOfChannelAtOnce));
    if (rows.empty()) return {};
    for (const base::EventId id : rows) {
      if (!over()) break;
      EDGE_TRY(
          const auto oldest,
          db.one<Oldest>("SELECT id,channel_id,length(sealed),at_ms FROM channel_event WHERE id=?",
                         read_oldest, id));
      if (!oldest) continue;
      EDGE_TRY(const std::int64_t events, events_in(tx, *oldest));
      EDGE_CHECK(db.run("DELETE FROM channel_event WHERE id=?", id));
      note_dropped(changes, *oldest, events);
    }
    after = rows.back();
  }
  return {};
}

base::Result<> prune_all(Tx& tx, const ChannelQuotas& quotas, std::size_t appended,
                         Changes& changes) {
  Connection& db = tx.db();
  std::int64_t total = tx.channel_counts().bytes_of_all();
  for (const auto& [channel, change] : changes) total += change.by.bytes;
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

// The channels of the call, found or begun, with the events counted, so that none of them is one
// that holds nothing.
base::Result<std::vector<std::int64_t>> channels_of(Tx& tx, const ChannelQuotas& quotas,
                                                    const ChannelCall& call, Changes& changes) {
  std::vector<std::int64_t> channels;
  channels.reserve(call.channels.size());
  for (const ChannelCall::To& to : call.channels) {
    EDGE_TRY(const std::int64_t channel, channel_for(tx, quotas, to.name, changes));
    channels.push_back(channel);
    Change& change = changes[channel];
    change.by.events += to.events;
    change.used = true;
  }
  return channels;
}

}  // namespace

ChannelCall::ChannelCall(const Vault& vault, std::uint16_t k,
                         std::span<const NewChannelEvent> events)
    : kind(k) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<base::ByteView> bodies;
  for (const NewChannelEvent& event : events) {
    const auto [place, fresh] = places.try_emplace(event.channel, channels.size());
    if (fresh) channels.push_back({hash_of(vault, event.channel)});
    ++channels[place->second].events;
    channel_of.push_back(place->second);
    facts.push_back(event.facts);
    bodies.emplace_back(event.body);
  }
  rows = lay_out_rows(kind, bodies, channel_of);
}

base::Result<std::vector<base::EventId>> append_channel_events(Tx& tx, const ChannelQuotas& quotas,
                                                               ChannelCall& call) {
  std::vector<base::EventId> ids;
  if (call.channel_of.empty()) return ids;
  Changes changes;
  // Before the ids are taken: a channel that begins may have lost what was before it, not these.
  EDGE_TRY(const auto channels, channels_of(tx, quotas, call, changes));
  EDGE_TRY(const base::EventId first,
           tx.take_event_ids(static_cast<std::int64_t>(call.channel_of.size())));
  const base::UnixMillis now = tx.now();
  ids.reserve(call.channel_of.size());
  for (std::size_t place = 0; place < call.channel_of.size(); ++place) {
    ids.emplace_back(first.value + place);
    tx.add_event({.id = ids.back(),
                  .account = {},
                  .at = now,
                  .kind = call.kind,
                  .body = {},
                  .channel = channels[call.channel_of[place]],
                  .facts = call.facts[place]});
  }
  std::vector<ChannelIndexEntry> entries;
  entries.reserve(call.rows.size());
  for (NewChannelRow& row : call.rows) {
    const base::EventId id = ids[row.last];
    const std::int64_t channel = channels[row.channel];
    const base::Bytes sealed = seal_row(tx.vault(), id, row, channel, now);
    const auto size = static_cast<std::int64_t>(sealed.size());
    EDGE_CHECK(
        tx.db().run("INSERT INTO channel_event(id,channel_id,at_ms,size,sealed) VALUES(?,?,?,?,?)",
                    id, channel, now, size, sealed));
    changes[channel].by.bytes += size;
    entries.push_back({channel, id});
  }
  EDGE_CHECK(index_channel_rows(tx, entries));
  for (const std::int64_t channel : channels) {
    EDGE_CHECK(prune_channel(tx, quotas, channel, changes));
  }
  EDGE_CHECK(prune_all(tx, quotas, call.channel_of.size(), changes));
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
  EDGE_TRY(const std::int64_t to, channel_for(tx, quotas, hash_of(tx.vault(), channel), none));
  EDGE_CHECK(tx.db().run(
      "UPDATE channel SET initial_at=?,initial_sealed=?,used_at=?1 WHERE id=?", tx.now(),
      tx.vault().seal(tx.vault().store_wide(), "channel", "initial_sealed", to, *body), to));
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
  EDGE_TRY(const auto found,
           db.integer("SELECT id FROM checked_channel WHERE name_hash=? AND intact",
                      hash_of(vault, channel)));
  if (!found) return std::vector<base::EventId>();
  return channel_rows(db, *found, after, to, limit);
}

base::Result<std::vector<LoggedEvent>> channel_events_of_row(Connection& db, const Vault& vault,
                                                             base::EventId row) {
  std::vector<LoggedEvent> events;
  EDGE_CHECK(db.each(
      "SELECT channel_id,at_ms,sealed FROM channel_event WHERE id=?",
      [&](const Row& columns) {
        events = open_row(vault, static_cast<std::int64_t>(row.value), columns.integer(0),
                          columns.integer(1), columns.blob(2));
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
