// Channels: an application's own events, in the log beside the messaging events and with ids of the
// same sequence, but kept by quotas of their own, so that a flood on one channel costs neither the
// messaging events nor another channel its history. Events of one call on the same channel share
// rows, so that a large call costs others little; quotas drop whole rows.
//
// A channel is found by a keyed hash of its name; bodies and initial data are sealed store-wide and
// hold the name inside. Appending happens in the transaction of a write and does the pruning: the
// oldest events go until channel, total and age are within bounds. Others wait for that write, so
// rows are laid out before it, what channels hold is known without a look (channel_counts.h), and
// what is of a channel is written once for all events of one call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/event_log.h"
#include "store/tables/channel_row.h"
#include "store/writer.h"

namespace store {

struct ChannelQuotas {
  std::int64_t channels = 256;                   // that hold events or initial data
  std::int64_t events = 10'000;                  // of one channel
  std::int64_t bytes = 16 * 1024 * 1024;         // of one channel
  std::int64_t total_bytes = 256 * 1024 * 1024;  // of all
  base::Millis age = 7 * 24 * base::Millis{3'600'000};
};

struct NewChannelEvent {
  std::string_view channel;
  base::Bytes body;
  EventFactsPtr facts = {};  // for the listener; may hold the text that `channel` refers to
};
// The events of one call, made ready on any thread: what is left to the write is to number, seal
// and insert their rows.
struct ChannelCall {
  ChannelCall(const Vault& vault, std::uint16_t kind, std::span<const NewChannelEvent> events);

  struct To {
    Vault::Lookup name{};
    std::int64_t events = 0;
  };
  std::uint16_t kind = 0;
  std::vector<To> channels;
  std::vector<std::size_t> channel_of;  // of each event
  std::vector<EventFactsPtr> facts;     // of each event
  std::vector<NewChannelRow> rows;
};
// The events' ids, which follow each other. Errc::exhausted when there are too many channels to
// begin another. Once for each call.
base::Result<std::vector<base::EventId>> append_channel_events(Tx& tx, const ChannelQuotas& quotas,
                                                               ChannelCall& call);
// The initial data of new listeners of the channel; it does not expire.
base::Result<> set_channel_initial(Tx& tx, const ChannelQuotas& quotas, std::string_view channel,
                                   std::optional<base::ByteView> body);
base::Result<std::optional<base::Bytes>> channel_initial(Connection& db, const Vault& vault,
                                                         std::string_view channel);

// Ids of events that share a row are less than this apart. Between them are events of other
// channels' rows.
inline constexpr std::uint64_t kChannelRowSpread = 1'024;
inline constexpr base::EventId kNoEnd{std::uint64_t{1} << 62};
// Up to `limit` rows with events of the channel above `after`, in order, up to the id `to`. A row
// has the id of the last event in it; those of one channel do not overlap.
base::Result<std::vector<base::EventId>> channel_rows_after(Connection& db, const Vault& vault,
                                                            std::string_view channel,
                                                            base::EventId after, std::size_t limit,
                                                            base::EventId to = kNoEnd);
// The events of a row, in order; none when it does not open.
base::Result<std::vector<LoggedEvent>> channel_events_of_row(Connection& db, const Vault& vault,
                                                             base::EventId row);
// The id after which every event of the channel is still held.
base::Result<base::EventId> channel_floor(Connection& db, const Vault& vault,
                                          std::string_view channel);
// Whether there is any channel, so that messaging events' ids may skip.
base::Result<bool> any_channel(Connection& db);

}  // namespace store
