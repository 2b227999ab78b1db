// BlockFilter: which blocks of messages may hold a text (decision 46).
//
// Each block has a signature: a set of 4,096 bits, one for each group of three bytes in its texts
// and one for each of its chats, by a hash. A block that lacks one of the search's bits does not
// match; one that has all of them may. The bits are stored across, a row for each bit and a column
// for each block, so that testing all blocks is the AND of a few rows.
//
// Signatures leak something of the texts: they live in memory that wipes itself. Not synchronised.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace store::search {

inline constexpr std::size_t kSignatureBits = 4096;

class Signature {
 public:
  void add_text(std::string_view folded);
  void add_chat(base::ChatId chat) { bits_.set(row_of_chat(chat)); }
  const std::bitset<kSignatureBits>& bits() const { return bits_; }

  static std::size_t row_of_chat(base::ChatId chat);

 private:
  std::bitset<kSignatureBits> bits_;
};

// The bits of a block that holds a text: a few of them are enough. Texts under three bytes have
// none, so any block may match.
class Wanted {
 public:
  Wanted(std::string_view folded, std::optional<base::ChatId> chat);
  const std::vector<std::size_t>& rows() const { return rows_; }

 private:
  std::vector<std::size_t> rows_;
};

class BlockFilter {
 public:
  ~BlockFilter();
  BlockFilter() = default;
  BlockFilter(const BlockFilter&) = delete;
  BlockFilter& operator=(const BlockFilter&) = delete;

  // Replaces the column's bits.
  void put(std::size_t column, const Signature& signature);
  void clear(std::size_t column);

  // The highest column below `end` that has all bits; nothing when there is none.
  std::optional<std::size_t> last_match(const Wanted& wanted, std::size_t end) const;

  std::size_t bytes() const { return strips_.size() * sizeof(Strip); }

 private:
  static constexpr std::size_t kWords = 8;  // of a strip's row: a line of the processor's cache
  static constexpr std::size_t kColumns = kWords * 64;
  struct Strip {
    std::array<std::array<std::uint64_t, kWords>, kSignatureBits> rows;
  };
  std::vector<std::unique_ptr<Strip>> strips_;
};

}  // namespace store::search
