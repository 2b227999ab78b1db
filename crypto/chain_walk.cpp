#include "crypto/chain_walk.h"

#include "crypto/ratchet.h"
#include "crypto/ratchet_parts.h"

namespace crypto {

bool ChainWalk::step(std::uint32_t most) {
  for (; at_ < to_ && most > 0; ++at_, --most) {
    // Of a long gap only the newest keys can be kept, so only theirs are computed.
    if (left() <= kMaxSkippedKeys) keys_.push_back(ratchet::message_key(chain_));
    ratchet::advance(chain_);
  }
  return at_ == to_;
}

}  // namespace crypto
