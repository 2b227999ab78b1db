// LocalPort: TransferPort over TCP between two machines that reach each other directly. An offer
// listens on a port of its own, on every interface, for a quarter of an hour at most, and ends with
// the first that proves the secret.
//
// Strangers who connect: each has ten seconds for the proof, kMostStrangers at once and
// kMostOfAnAddress of one address, a few bytes of memory each; after kMostFailures the offer ends.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "messaging/api/transfer_port.h"

namespace gateway::transfer {

inline constexpr std::size_t kMostStrangers = 32;
inline constexpr std::size_t kMostOfAnAddress = 4;
inline constexpr std::size_t kMostFailures = 10'000;

struct LocalPortTimes {
  base::Millis offer = 15 * 60 * base::Millis{1000};
  base::Millis proof = 10 * base::Millis{1000};
  base::Millis connect = 3 * base::Millis{1000};
  base::Millis silence = 60 * base::Millis{1000};
};

class LocalPort final : public messaging::TransferPort {
 public:
  explicit LocalPort(LocalPortTimes times = {}) : times_(times) {}
  base::Result<std::unique_ptr<messaging::TransferOffer>> offer(
      const messaging::TransferSecret& secret) override;
  base::Result<std::unique_ptr<messaging::TransferChannel>> take(
      const std::vector<std::string>& addresses, const messaging::TransferSecret& secret,
      const std::stop_token& stop) override;

 private:
  const LocalPortTimes times_;
};

}  // namespace gateway::transfer
