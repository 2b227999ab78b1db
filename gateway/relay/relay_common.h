// RelayCommon: what the parts of a relay share: its database, its clock, its options, its counters.
// A relay keeps sealed envelopes in mailboxes for devices that cannot be reached, and forgets them
// once acknowledged (decision 16). It sees mailboxes, pseudonyms, sizes and times, never a message.
// RelayDeposits takes envelopes in, RelayMailboxes serves the mailboxes' owners, RelayTidying drops
// what is too old.
//
// Owned by RelayPart; the parts hold a reference. Safe from any thread once `news` and
// `drained_soon` are set.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "gateway/relay/limits.h"
#include "store/relay/relay_store.h"

namespace gateway {

struct RelayOptions {
  std::string url;    // what the relay calls itself: owners sign for it
  std::string dir;    // whose disk must keep a tenth free
  bool open = false;  // no admission token is needed
  RelayLimits limits = {};
};

// Counted since the start.
struct RelayCounters {
  std::atomic<std::uint64_t> kept{0};          // envelopes taken
  std::atomic<std::uint64_t> kept_bytes{0};    // and their bytes
  std::atomic<std::uint64_t> acknowledged{0};  // envelopes forgotten
  std::atomic<std::uint64_t> expired{0};       // envelopes not fetched in time
  std::atomic<std::uint64_t> unproven{0};      // deposits and owner requests
  std::atomic<std::uint64_t> refused{0};       // deposits over a limit
  std::atomic<std::uint64_t> replayed{0};      // deposits that came again byte for byte
};

struct RelayCommon {
  RelayCommon(store::RelayStore& s, const base::Clock& c, RelayOptions o)
      : store(s), clock(c), options(std::move(o)) {}

  store::RelayStore& store;  // outlives this, as does the clock
  const base::Clock& clock;
  const RelayOptions options;
  RelayCounters counters;
  // Called after a commit, on the writer's thread, with the mailbox that has something new.
  std::function<void(std::int64_t)> news;
  // True while the owner has a stream: a full mailbox will soon have room again.
  std::function<bool(std::int64_t)> drained_soon;

  bool is_drained_soon(std::int64_t mailbox) const { return drained_soon && drained_soon(mailbox); }
};

inline constexpr std::size_t kMostParties = 100'000;  // whose rates are known, about 10 MB

}  // namespace gateway
