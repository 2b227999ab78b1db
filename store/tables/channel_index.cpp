#include "store/tables/channel_index.h"

#include <optional>

namespace store {
namespace {

base::Result<std::int64_t> new_rows(Tx& tx) {
  ChannelCounts& counts = tx.channel_counts();
  if (!counts.new_rows()) {
    EDGE_TRY(const auto held, tx.db().integer("SELECT count(*) FROM channel_index_new"));
    counts.set_new_rows(held.value_or(0));
  }
  return *counts.new_rows();
}

// The next channel with new entries, in the order of their ids, and around.
base::Result<std::optional<std::int64_t>> next_to_move(Tx& tx) {
  const auto behind = [&](std::int64_t channel) {
    return tx.db().integer(
        "SELECT channel_id FROM channel_index_new WHERE channel_id>? ORDER BY channel_id LIMIT 1",
        channel);
  };
  EDGE_TRY(const auto next, behind(tx.channel_counts().last_moved()));
  if (next) return next;
  return behind(0);
}

// Of rows that were deleted. There may be rows up to the floor, which is not asked alone therefore.
constexpr const char* kForget =
    "DELETE FROM channel_index WHERE channel_id=?1 AND "
    "id<=(SELECT floor FROM channel WHERE id=?1) AND "
    "NOT EXISTS(SELECT 1 FROM channel_event e WHERE e.id=channel_index.id)";
constexpr const char* kForgetNew =
    "DELETE FROM channel_index_new WHERE channel_id=?1 AND "
    "id<=(SELECT floor FROM channel WHERE id=?1) AND "
    "NOT EXISTS(SELECT 1 FROM channel_event e WHERE e.id=channel_index_new.id)";

// How many entries left the small table.
base::Result<std::int64_t> move_entries(Tx& tx, std::int64_t channel) {
  EDGE_CHECK(
      tx.db().run("INSERT OR IGNORE INTO channel_index(channel_id,id) "
                  "SELECT channel_id,id FROM channel_index_new WHERE channel_id=?",
                  channel));
  EDGE_TRY(const std::int64_t moved,
           tx.db().run("DELETE FROM channel_index_new WHERE channel_id=?", channel));
  EDGE_CHECK(tx.db().run(kForget, channel));
  return moved;
}

}  // namespace

base::Result<> index_channel_rows(Tx& tx, std::span<const ChannelIndexEntry> entries) {
  EDGE_TRY(std::int64_t held, new_rows(tx));
  for (const ChannelIndexEntry& entry : entries) {
    EDGE_CHECK(tx.db().run("INSERT OR IGNORE INTO channel_index_new(channel_id,id) VALUES(?,?)",
                           entry.channel, entry.row));
    ++held;
  }
  tx.channel_counts().set_new_rows(held);
  while (held > kMostNewRows) {
    EDGE_TRY(const auto channel, next_to_move(tx));
    if (!channel) {
      tx.channel_counts().forget_new_rows();
      return {};
    }
    EDGE_TRY(const std::int64_t moved, move_entries(tx, *channel));
    held -= moved;
    tx.channel_counts().moved(*channel, held);
  }
  return {};
}

base::Result<> forget_channel_rows(Tx& tx, std::int64_t channel) {
  EDGE_CHECK(tx.db().run(kForget, channel));
  EDGE_CHECK(tx.db().run(kForgetNew, channel));
  tx.channel_counts().forget_new_rows();
  return {};
}

base::Result<> delete_channel(Tx& tx, std::int64_t channel) {
  for (const char* sql :
       {"DELETE FROM channel_event WHERE channel_id=?1 AND id IN ("
        "SELECT id FROM channel_index WHERE channel_id=?1 UNION ALL "
        "SELECT id FROM channel_index_new WHERE channel_id=?1)",
        "DELETE FROM channel_index WHERE channel_id=?1",
        "DELETE FROM channel_index_new WHERE channel_id=?1", "DELETE FROM channel WHERE id=?1"}) {
    EDGE_CHECK(tx.db().run(sql, channel));
  }
  tx.channel_counts().forget_new_rows();
  return {};
}

base::Result<std::vector<base::EventId>> channel_rows(Connection& db, std::int64_t channel,
                                                      base::EventId after, base::EventId to,
                                                      std::size_t limit) {
  std::vector<base::EventId> rows;
  EDGE_CHECK(db.each(
      "SELECT i.id FROM channel_index i CROSS JOIN channel_event e ON e.id=i.id AND "
      "e.channel_id=i.channel_id WHERE i.channel_id=?1 AND i.id>?2 AND i.id<=?3 "
      "UNION ALL "
      "SELECT i.id FROM channel_index_new i CROSS JOIN channel_event e ON e.id=i.id AND "
      "e.channel_id=i.channel_id WHERE i.channel_id=?1 AND i.id>?2 AND i.id<=?3 "
      "ORDER BY 1 LIMIT ?4",
      [&](const Row& row) { rows.push_back(row.id<base::EventId>(0)); }, channel, after, to,
      limit));
  return rows;
}

}  // namespace store
