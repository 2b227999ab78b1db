// SkippedKeys: where a Ratchet keeps the keys of messages that have not come yet, so that they open
// when they come late (messaging implements it over SQLite, in the writer's transaction).
//
// An epoch is one receiving chain, numbered upward per session and never reused. A Ratchet reads
// with find() while it tries a message, and changes anything (put, erase, drop_epoch, keep_newest,
// in that order) only after the message opened. An error returned from here ends the decrypt() with
// that error and leaves the Ratchet unchanged; undoing what was already put is the implementer's
// transaction. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "base/result.h"
#include "crypto/wiping.h"

namespace crypto {

using MessageKey = WipingArray<32>;

struct SkippedKey {
  std::uint64_t epoch = 0;
  std::uint32_t n = 0;
  MessageKey key;
};

class SkippedKeys {
 public:
  virtual ~SkippedKeys() = default;
  virtual base::Result<std::optional<MessageKey>> find(std::uint64_t epoch, std::uint32_t n) = 0;
  virtual base::Result<> erase(std::uint64_t epoch, std::uint32_t n) = 0;
  // Never more than kMaxSkippedKeys at once; the oldest first. No pair comes twice.
  virtual base::Result<> put(std::span<const SkippedKey> keys) = 0;
  // The epoch can no longer be reached: its keys would only be a risk.
  virtual base::Result<> drop_epoch(std::uint64_t epoch) = 0;
  // Drops the oldest, in the order they were put, until at most `count` are left.
  virtual base::Result<> keep_newest(std::size_t count) = 0;
};

// In memory: for tests and for what does not outlive the process.
class MemorySkippedKeys final : public SkippedKeys {
 public:
  base::Result<std::optional<MessageKey>> find(std::uint64_t epoch, std::uint32_t n) override;
  base::Result<> erase(std::uint64_t epoch, std::uint32_t n) override;
  base::Result<> put(std::span<const SkippedKey> keys) override;
  base::Result<> drop_epoch(std::uint64_t epoch) override;
  base::Result<> keep_newest(std::size_t count) override;
  std::size_t size() const { return keys_.size(); }

 private:
  std::deque<SkippedKey> keys_;
};

}  // namespace crypto
