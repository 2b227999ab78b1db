// ChainWalk: the steps of a receiving chain from one message number to another, done before
// Ratchet::decrypt() needs them, a few at a time, on a thread that no other work waits for. A peer
// chooses how far its messages skip ahead, so code that opens messages in the writer's transaction
// calls Ratchet::walks_to() first.
//
// Holds the keys that decrypt() keeps of the messages skipped over (the newest kMaxSkippedKeys),
// wiped with the object. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "crypto/skipped_keys.h"
#include "crypto/wiping.h"

namespace crypto {

class ChainWalk {
 public:
  // From the chain's key of message `from` to that of message `to`.
  ChainWalk(const WipingArray<32>& chain, std::uint32_t from, std::uint32_t to)
      : begin_(chain), chain_(chain), from_(from), at_(from), to_(to) {}

  // Takes at most `most` steps. True: the walk is done.
  bool step(std::uint32_t most);
  std::uint32_t steps() const { return to_ - from_; }  // in all
  std::uint32_t left() const { return to_ - at_; }
  // The same walk of the same chain, whatever is left of either.
  bool same_way(const ChainWalk& other) const {
    return from_ == other.from_ && to_ == other.to_ && begin_ == other.begin_;
  }

 private:
  friend class Ratchet;

  WipingArray<32> begin_;
  WipingArray<32> chain_;  // the key of message at_
  std::uint32_t from_;
  std::uint32_t at_;
  std::uint32_t to_;
  std::vector<MessageKey> keys_;  // of the last messages before at_
};

}  // namespace crypto
