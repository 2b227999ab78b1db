#include "store/search/text_block.h"

#include <algorithm>
#include <cstring>

namespace store::search {
namespace {

constexpr std::size_t kWide = 16;
constexpr std::size_t kMostMisses = 256;
using Wide = std::uint8_t __attribute__((vector_size(kWide)));
using Halves = std::uint64_t __attribute__((vector_size(kWide)));

Wide load(const char* at) {
  Wide out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

Wide all_of(char c) { return Wide{} + static_cast<std::uint8_t>(c); }

bool any(Wide flags) {
  Halves halves;
  std::memcpy(&halves, &flags, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace

// Compares sixteen places at once, and checks those whose first and last byte both match one by
// one. Texts that match almost everywhere are left to the C library, whose time is proportional to
// their size.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t at) {
  if (wanted.size() > text.size() || at >= text.size()) return std::string_view::npos;
  const std::size_t end = text.size() - wanted.size() + 1;  // of the places where it may begin
  const Wide first = all_of(wanted.front());
  const Wide last = all_of(wanted.back());
  const char* const begins = text.data();
  const char* const ends = text.data() + wanted.size() - 1;
  std::size_t misses = 0;
  while (at + kWide <= end && misses <= kMostMisses) {
    const auto fits =
        reinterpret_cast<Wide>((load(begins + at) == first) & (load(ends + at) == last));
    if (any(fits)) {
      for (std::size_t i = 0; i < kWide; ++i) {
        if (fits[i] == 0) continue;
        if (std::memcmp(begins + at + i, wanted.data(), wanted.size()) == 0) return at + i;
        ++misses;
      }
    }
    at += kWide;
  }
  const void* const found = ::memmem(begins + at, text.size() - at, wanted.data(), wanted.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - begins);
}

std::optional<Place> moved_place(const FoldedMessage& message) {
  if (message.place.position == message.id.value) return std::nullopt;
  return message.place;
}

TextBlock::TextBlock(const std::vector<FoldedMessage>& messages,
                     std::shared_ptr<std::atomic<std::size_t>> in_use)
    : in_use_(std::move(in_use)) {
  std::size_t size = 0;
  for (const FoldedMessage& message : messages) size += message.folded.size();
  texts_.reserve(size);
  entries_.reserve(messages.size());
  for (const FoldedMessage& message : messages) {
    texts_.insert(texts_.end(), message.folded.begin(), message.folded.end());
    entries_.push_back(
        {message.id.value, message.chat.value, static_cast<std::uint32_t>(texts_.size())});
    if (const auto moved = moved_place(message)) moved_.push_back({message.id.value, *moved});
  }
  in_use_->fetch_add(bytes(), std::memory_order_relaxed);
}

TextBlock::~TextBlock() { in_use_->fetch_sub(bytes(), std::memory_order_relaxed); }

std::size_t TextBlock::bytes() const {
  return sizeof *this + texts_.capacity() + entries_.capacity() * sizeof(Entry) +
         moved_.capacity() * sizeof(Moved);
}

void TextBlock::find(std::string_view wanted, std::optional<base::ChatId> chat,
                     std::vector<Hit>& out) const {
  const std::string_view texts(reinterpret_cast<const char*>(texts_.data()), texts_.size());
  std::size_t at = 0;
  auto entry = entries_.begin();
  while ((at = find_text(texts, wanted, at)) != std::string_view::npos) {
    entry = std::find_if(entry, entries_.end(), [&](const Entry& one) { return at < one.end; });
    if (at + wanted.size() > entry->end) {  // it reaches into the next message's text
      ++at;
      continue;
    }
    at = entry->end;
    if (chat && chat->value != entry->chat) continue;
    Hit hit{base::MsgId(entry->id), base::ChatId(entry->chat)};
    const auto moved = std::find_if(moved_.begin(), moved_.end(),
                                    [&](const Moved& one) { return one.id == entry->id; });
    if (moved != moved_.end()) hit.moved = moved->place;
    out.push_back(hit);
  }
}

}  // namespace store::search
