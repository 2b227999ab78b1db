// The index of channels' rows: which rows of channel_event each channel has. Within store/.
//
// An array of events on many channels has a row on each, and in one index by channel each of them
// would change another page, which the COMMIT has to write. Entries of new rows therefore go into a
// small table, channel_index_new. Once it holds more than kMostNewRows, the write that adds entries
// moves those of some channels, all of a channel at once, into the large table, channel_index. A
// reader looks into both; each entry is in one of them, because it moves in one transaction.
//
// Entries of deleted rows stay until the channel's entries move or its last row goes. Readers
// ignore them, as any entry that names another channel's row or none: entries are not
// authenticated. One that is missing hides its row.
//
// On the writer's thread, but for channel_rows().
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/tx.h"

namespace store {

inline constexpr std::int64_t kMostNewRows = 2'048;

struct ChannelIndexEntry {
  std::int64_t channel = 0;
  base::EventId row;
};
// Adds the entries of new rows, and moves older ones if there are too many.
base::Result<> index_channel_rows(Tx& tx, std::span<const ChannelIndexEntry> entries);
// Deletes the entries of the channel's rows that are gone.
base::Result<> forget_channel_rows(Tx& tx, std::int64_t channel);
// Deletes the channel, its rows and their entries.
base::Result<> delete_channel(Tx& tx, std::int64_t channel);

// Up to `limit` rows of the channel in order, above `after` and up to `to`.
base::Result<std::vector<base::EventId>> channel_rows(Connection& db, std::int64_t channel,
                                                      base::EventId after, base::EventId to,
                                                      std::size_t limit);

}  // namespace store
