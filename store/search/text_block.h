// TextBlock: the folded texts of some messages with neighbouring ids, as search scans them. Made
// once, never changed; shared between searches. Its memory wipes itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "crypto/wiping.h"
#include "store/search/block_filter.h"

namespace store::search {

// Where a message stands in its chat (store/tables/messages.h).
struct Place {
  std::int64_t position = 0;
  std::int64_t seq = 0;
};

// A message as search reads it.
struct FoldedMessage {
  base::MsgId id;
  base::ChatId chat;
  Place place;
  std::string folded;
};

// A message that matches. Nothing in `moved`: its position is its id.
struct Hit {
  base::MsgId id;
  base::ChatId chat;
  std::optional<Place> moved = std::nullopt;
};
std::optional<Place> moved_place(const FoldedMessage& message);

// The first place of `wanted`, which is not empty, in `text` from `at` on; npos. Faster than
// std::string_view::find() where single bytes of `wanted` are frequent.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t at);

class TextBlock {
 public:
  // `in_use` counts the bytes of all living blocks; it outlives this one.
  TextBlock(const std::vector<FoldedMessage>& messages,
            std::shared_ptr<std::atomic<std::size_t>> in_use);
  ~TextBlock();
  TextBlock(const TextBlock&) = delete;
  TextBlock& operator=(const TextBlock&) = delete;

  // Appends the messages that hold `wanted`, of one chat or of all, oldest id first.
  void find(std::string_view wanted, std::optional<base::ChatId> chat, std::vector<Hit>& out) const;
  std::size_t bytes() const;

 private:
  struct Entry {
    std::uint32_t id;
    std::uint32_t chat;
    std::uint32_t end;  // of its text
  };
  struct Moved {
    std::uint32_t id;
    Place place;
  };
  std::vector<Entry> entries_;
  std::vector<Moved> moved_;  // messages whose position is not their id
  crypto::WipingBytes texts_;
  std::shared_ptr<std::atomic<std::size_t>> in_use_;
};

}  // namespace store::search
