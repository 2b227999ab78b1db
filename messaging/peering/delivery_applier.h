// DeliveryApplier: applies the envelopes of a delivery in the writer's transaction: opens ratchet
// messages and applies their contents, answers requests and completes handshakes that were opened
// before, notes parts of files, and parks messages whose session is not known yet.
//
// An envelope that does not open, or that was applied before, is dropped and acknowledged (decision
// 12). The writer's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "messaging/kernel/write_context.h"
#include "messaging/peering/arrival_counters.h"
#include "messaging/peering/arrivals.h"

namespace messaging::peering {

// After this time the id of an applied envelope is forgotten.
inline constexpr base::Millis kSeenLifetime = 60 * 24 * 3600 * base::Millis{1000};

class DeliveryApplier {
 public:
  // Called after the commit that made the session with this tag.
  using SessionKnown = std::function<void(AccountId account, const Tag& tag)>;

  DeliveryApplier(kernel::Core& core, ArrivalCounters& counters, SessionKnown session_known)
      : core_(core), counters_(counters), session_known_(std::move(session_known)) {}

  // Arrivals::Apply.
  base::Result<SliceEnd> apply_slice(const kernel::WriteContext& write, Delivery& delivery,
                                     std::chrono::microseconds time);
  // A delivery without envelopes: parts of files alone.
  base::Result<> apply_parts_alone(const kernel::WriteContext& write, const Delivery& delivery);

 private:
  // The outcome of one envelope.
  enum class Applied : std::uint8_t { done, partly, walk, later };
  struct AppliedOne {
    Applied how = Applied::done;
    base::Millis later = 0;
  };

  base::Result<> drop_unreadable(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<AppliedOne> apply_one(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<> apply_request(const kernel::WriteContext& write, OpenedEnvelope& opened,
                               const store::DepositTokenRow& token);
  base::Result<AppliedOne> apply_answer(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<AppliedOne> apply_message(const kernel::WriteContext& write, Delivery& delivery);
  base::Result<AppliedOne> park_or_defer(const kernel::WriteContext& write, Delivery& delivery);
  void retry_after_commit(const kernel::WriteContext& write, const Tag& tag);

  kernel::Core& core_;
  ArrivalCounters& counters_;
  const SessionKnown session_known_;
};

}  // namespace messaging::peering
