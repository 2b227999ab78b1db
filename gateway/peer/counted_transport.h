// CountedTransport: another transport, with its deposits counted by how they ended. Safe from any
// thread.
#pragma once

#include <array>
#include <chrono>

#include "base/counter.h"
#include "messaging/peering/transport.h"

namespace gateway {

class CountedTransport final : public messaging::peering::DepositTransport {
 public:
  static constexpr std::size_t kOutcomes = 5;  // of messaging::DepositOutcome

  explicit CountedTransport(messaging::peering::DepositTransport& inner)
      : inner_(inner) {}  // outlives this

  void deposit(messaging::peering::Deposit deposit,
               base::Completion<messaging::peering::DepositReply> done) override {
    const std::size_t envelopes = deposit.body.envelopes;
    inner_.deposit(
        std::move(deposit),
        [this, envelopes, begun = std::chrono::steady_clock::now(),
         done = std::move(done)](base::Result<messaging::peering::DepositReply> reply) mutable {
          if (reply) {
            outcomes_[static_cast<std::size_t>(reply->outcome)].add();
            if (reply->outcome == messaging::peering::DepositOutcome::stored) {
              envelopes_.add(envelopes);
            }
          }
          const auto took = std::chrono::steady_clock::now() - begun;
          time_.add(static_cast<std::uint64_t>(
              std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
          done(std::move(reply));
        });
  }

  std::uint64_t count(messaging::peering::DepositOutcome outcome) const {
    return outcomes_[static_cast<std::size_t>(outcome)].value();
  }
  std::uint64_t envelopes() const { return envelopes_.value(); }  // that were stored
  base::Histogram::Reading times() const { return time_.read(); }

 private:
  messaging::peering::DepositTransport& inner_;
  std::array<base::Counter, kOutcomes> outcomes_;
  base::Counter envelopes_;
  base::Histogram time_;
};

}  // namespace gateway
