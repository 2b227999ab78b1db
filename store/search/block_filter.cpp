#include "store/search/block_filter.h"

#include <algorithm>
#include <bit>

#include "crypto/wiping.h"

namespace store::search {
namespace {

constexpr std::size_t kMostRows = 16;  // asked of a block: each leaves about a quarter of them

// The upper bits of a product: each of its bits depends on all bits of the number.
std::size_t row_of(std::uint32_t number) {
  constexpr std::uint32_t kMultiplier = 0x9e3779b1;
  constexpr int kShift = 32 - std::countr_zero(kSignatureBits);
  return static_cast<std::size_t>(number * kMultiplier >> kShift);
}

std::size_t row_of_three(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
  };
  return row_of(byte(0) << 16 | byte(1) << 8 | byte(2));
}

}  // namespace

void Signature::add_text(std::string_view folded) {
  for (std::size_t at = 0; at + 3 <= folded.size(); ++at) bits_.set(row_of_three(folded, at));
}

std::size_t Signature::row_of_chat(base::ChatId chat) { return row_of(~chat.value); }

Wanted::Wanted(std::string_view folded, std::optional<base::ChatId> chat) {
  if (chat) rows_.push_back(Signature::row_of_chat(*chat));
  const std::size_t groups = folded.size() < 3 ? 0 : folded.size() - 2;
  const std::size_t step = std::max<std::size_t>(1, (groups + kMostRows - 1) / kMostRows);
  for (std::size_t at = 0; at < groups; at += step) {
    const std::size_t row = row_of_three(folded, at);
    if (std::find(rows_.begin(), rows_.end(), row) == rows_.end()) rows_.push_back(row);
  }
}

BlockFilter::~BlockFilter() {
  for (const auto& strip : strips_) crypto::wipe(strip.get(), sizeof(Strip));
}

void BlockFilter::put(std::size_t column, const Signature& signature) {
  clear(column);
  while (strips_.size() <= column / kColumns) strips_.push_back(std::make_unique<Strip>());
  Strip& strip = *strips_[column / kColumns];
  const std::size_t word = column % kColumns / 64;
  const std::uint64_t bit = std::uint64_t{1} << (column % 64);
  const auto& bits = signature.bits();
  for (std::size_t row = bits._Find_first(); row < kSignatureBits; row = bits._Find_next(row)) {
    strip.rows[row][word] |= bit;
  }
}

void BlockFilter::clear(std::size_t column) {
  if (strips_.size() <= column / kColumns) return;
  const std::size_t word = column % kColumns / 64;
  const std::uint64_t bit = std::uint64_t{1} << (column % 64);
  for (auto& row : strips_[column / kColumns]->rows) row[word] &= ~bit;
}

std::optional<std::size_t> BlockFilter::last_match(const Wanted& wanted, std::size_t end) const {
  end = std::min(end, strips_.size() * kColumns);
  while (end > 0) {
    const std::size_t strip = (end - 1) / kColumns;
    const std::size_t word = (end - 1) % kColumns / 64;
    const std::size_t last = (end - 1) % 64;
    std::uint64_t both = ~std::uint64_t{0} >> (63 - last);
    for (const std::size_t row : wanted.rows()) both &= strips_[strip]->rows[row][word];
    const std::size_t begin = end - 1 - last;
    if (both != 0) return begin + 63 - static_cast<std::size_t>(std::countl_zero(both));
    end = begin;
  }
  return std::nullopt;
}

}  // namespace store::search
