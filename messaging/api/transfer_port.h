// TransferPort: how an account goes directly from one gateway to another that is near: an encrypted
// channel that the holder of a secret opens. messaging declares it, gateway implements it over TCP,
// and the daemon joins the two.
//
// One account, one channel: an offer ends with the first peer that proves the secret. Everything
// here blocks, and returns soon after `stop` is requested; a channel is used by one thread at a
// time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/backup_stream.h"

namespace messaging {

using TransferSecret = std::array<std::uint8_t, 32>;

class TransferChannel {
 public:
  virtual ~TransferChannel() = default;
  virtual base::Result<> send(base::ByteView bytes, const std::stop_token& stop) = 0;
  // Fills `out`; returns fewer bytes only at the end of the other side's stream. `patience`: the
  // longest silence.
  virtual base::Result<std::size_t> receive(std::span<std::uint8_t> out, base::Millis patience,
                                            const std::stop_token& stop) = 0;
  // Two keys that both sides share and that belong to this channel alone.
  virtual const crypto::BackupKey& to_taker() const = 0;
  virtual const crypto::BackupKey& to_giver() const = 0;
};

class TransferOffer {
 public:
  virtual ~TransferOffer() = default;
  // host:port, the most likely one first.
  virtual std::vector<std::string> addresses() const = 0;
  // Waits for the other gateway; after its time Errc::unavailable.
  virtual base::Result<std::unique_ptr<TransferChannel>> wait(const std::stop_token& stop) = 0;
};

class TransferPort {
 public:
  virtual ~TransferPort() = default;
  virtual base::Result<std::unique_ptr<TransferOffer>> offer(const TransferSecret& secret) = 0;
  virtual base::Result<std::unique_ptr<TransferChannel>> take(
      const std::vector<std::string>& addresses, const TransferSecret& secret,
      const std::stop_token& stop) = 0;
};

}  // namespace messaging
