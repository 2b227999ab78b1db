// Ring: the newest events, encoded once, for all subscribers: each as the chunk that HTTP/1.1
// clients get, so that framing costs nothing per subscriber. Bounded by bytes and by count; beyond
// the bound, blocks are evicted, oldest first.
//
// A frame is named by its sequence number (dense, of this process only); event ids may skip. Frames
// of one block are contiguous, so that the waiting frames of a subscriber without filter go out as
// a few pieces, whatever their number. One thread.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/random.h"
#include "gateway/hub/event_frame.h"

namespace gateway {

// A type's or channel's name as a keyed hash: short, and equal for equal names. Keyed, because
// callers choose names, and must neither fill a table with them nor construct two with one hash.
using Token = std::uint64_t;

struct RingBlock {
  std::string bytes;
  std::size_t weight = 0;   // bytes, and those of frames that are kept apart
  std::uint64_t first = 0;  // sequence number of its first frame
  std::uint64_t end = 0;    // and after its last
  std::size_t holders = 0;  // subscribers that hold it for the rest of a frame
  std::size_t held = 0;     // bytes that they keep by it, all together
};

struct RingFrame {
  base::EventId id;
  base::AccountId account;
  base::ChatId chat;
  std::uint32_t offset = 0;       // of its chunk in the block
  std::uint32_t size = 0;         // of its chunk; 0: filled in for each, no text of its own
  std::uint32_t chunk_start = 0;  // bytes of the chunk before the text
  bool addressed = false;  // to some of its channel, or filled in for each: Ring::addressed()
  bool gone = false;       // its account was removed: it is sent to no one
  bool last = false;       // as EventFrame::last
  Token type = 0;
  Token channel = 0;  // 0: a messaging event
};

class Ring {
 public:
  Ring(std::size_t max_bytes, std::size_t max_events, base::EventId floor)
      : max_bytes_(max_bytes),
        max_events_(max_events),
        block_bytes_(std::min<std::size_t>(64 * 1024, max_bytes / 8)),
        floor_(floor),
        last_id_(floor),
        token_key_(crypto::random_array<32>()) {}

  // False for an id that is not above all others: it was published before.
  bool append(const EventFrame& frame);
  // Frames below this sequence number have to be evicted to be within the bound; first() when none.
  std::uint64_t over_bound() const;
  void drop_below(std::uint64_t sequence);  // a block's end
  // An account was removed: drops its frames, except those of the type `kept`.
  void forget(base::AccountId account, std::string_view kept);

  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return first_ + frames_.size(); }
  // Every event after floor() that was published is here.
  base::EventId floor() const { return floor_; }
  base::EventId last_id() const { return last_id_; }
  const RingFrame& frame(std::uint64_t sequence) const { return frames_[sequence - first_]; }
  const std::shared_ptr<RingBlock>& block_of(std::uint64_t sequence) const;
  std::string_view chunk(std::uint64_t sequence) const;
  std::string_view text(std::uint64_t sequence) const;  // the same without the chunk's framing
  // The first frame whose id is greater.
  std::uint64_t sequence_after(base::EventId id) const;
  // Whole frames from `sequence` on as contiguous pieces, about `most` bytes of them; says where
  // the next one starts.
  std::uint64_t collect(std::uint64_t sequence, std::vector<iovec>& pieces, std::size_t most) const;

  // Whether from `sequence` on there are only messaging events, all for everybody.
  bool plain_from(std::uint64_t sequence) const { return sequence >= plain_from_; }
  // The event itself, of a frame that is addressed.
  const EventFrame& addressed(std::uint64_t sequence) const { return addressed_.at(sequence); }

  Token token(std::string_view name) const;  // never 0
  // Of a messaging event's type.
  std::string_view type_name(Token type) const { return type_names_.at(type); }

 private:
  const std::size_t max_bytes_;
  const std::size_t max_events_;
  const std::size_t block_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 0;
  base::EventId floor_;
  base::EventId last_id_;
  std::deque<RingFrame> frames_;
  std::deque<std::shared_ptr<RingBlock>> blocks_;
  std::uint64_t plain_from_ = 0;
  std::map<std::uint64_t, EventFrame> addressed_;
  const std::array<std::uint8_t, 32> token_key_;
  std::unordered_map<Token, std::string> type_names_;
  // The recently appended names: many events have few names.
  Token appended_token(const std::string& name);
  static constexpr std::size_t kTokensKept = 1'024;
  std::unordered_map<std::string, Token> tokens_;
  std::string text_;  // of the frame that is being encoded
};

}  // namespace gateway
