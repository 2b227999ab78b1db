// Rows of channel_event: one event, or several of one call on one channel; how they are laid out,
// sealed and opened. Within store/.
//
// A row has the id of its last event, and those of one channel do not overlap. Its readable columns
// (channel, time) stand inside the seal too, so that they cannot be changed unnoticed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "store/event_log.h"
#include "store/vault.h"

namespace store {

// Bodies of several events in one row; a single one may be larger.
inline constexpr std::size_t kMostBytesInRow = 16 * 1024;

// A row of a call, ready but for what is known in its write alone: the channel's number, the time
// and the id.
struct NewChannelRow {
  std::size_t channel = 0;  // among those of the call
  std::size_t last = 0;     // the place of its last event in the call
  std::int64_t events = 0;
  base::Bytes plain;
};

// The rows of a call's events, in the order of their ids. `channels`: of each event, by place.
std::vector<NewChannelRow> lay_out_rows(std::uint16_t kind, std::span<const base::ByteView> bodies,
                                        std::span<const std::size_t> channels);
base::Bytes seal_row(const Vault& vault, base::EventId id, NewChannelRow& row, std::int64_t channel,
                     base::UnixMillis at);

// Of a row that does not open: 0 and none.
std::int64_t events_of_row(const Vault& vault, std::int64_t id, std::int64_t channel,
                           base::UnixMillis at, base::ByteView sealed);
std::vector<LoggedEvent> open_row(const Vault& vault, std::int64_t id, std::int64_t channel,
                                  base::UnixMillis at, base::ByteView sealed);

}  // namespace store
