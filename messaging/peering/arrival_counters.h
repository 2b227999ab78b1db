// ArrivalCounters: how many envelopes and deposits arrived, by outcome. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace messaging::peering {

struct ArrivalCounters {
  std::atomic<std::uint64_t> accepted{0};  // envelopes applied
  std::atomic<std::uint64_t> repeated{0};  // applied before
  std::atomic<std::uint64_t> unopened{0};  // dropped
  std::atomic<std::uint64_t> unread{0};    // session requests over the budget of their opening
  std::atomic<std::uint64_t> surplus{0};   // requests from a relay over their token's budget
  std::atomic<std::uint64_t> parked{0};
  std::atomic<std::uint64_t> unproven{0};         // deposits refused
  std::atomic<std::uint64_t> later{0};            // deferred, for what they cost
  std::atomic<std::uint64_t> steps_in_writes{0};  // of chains, walked by the writer
};

}  // namespace messaging::peering
