#include "gateway/hub/ring.h"

#include <algorithm>

#include "crypto/hash.h"
#include "gateway/hub/frame_text.h"

namespace gateway {

bool Ring::append(const EventFrame& frame) {
  if (frame.id <= last_id_) return false;
  // Encoded in place when it surely fits; a large frame gets a block to itself.
  const std::size_t about = frame.data.size() + 512;
  const bool fits = !blocks_.empty() && blocks_.back()->bytes.size() + about <= block_bytes_;
  if (!fits) {
    auto block = std::make_shared<RingBlock>();
    block->bytes.reserve(std::max(about, block_bytes_));
    block->first = block->end = end();
    blocks_.push_back(std::move(block));
  }
  RingBlock& block = *blocks_.back();
  const std::size_t before = block.bytes.size();
  const ChannelPart* channel = frame.channel.get();
  const bool addressed = channel != nullptr && (channel->fill || !channel->where.empty());
  // One that is filled in has no text of its own.
  text_.clear();
  if (!addressed || !channel->fill) {
    append_frame(text_, frame);
    append_chunk(block.bytes, text_);
  }
  const Token type = appended_token(frame.type);
  std::size_t weight = block.bytes.size() - before;
  if (addressed) {
    addressed_.emplace(end(), frame);
    weight += frame.data.size() + 512;
  }
  if (channel == nullptr) {
    type_names_.try_emplace(type, frame.type);
  } else {
    plain_from_ = end() + 1;
  }
  const auto chunk_start = static_cast<std::uint32_t>(
      text_.empty() ? 0 : block.bytes.size() - before - text_.size() - kChunkEnd.size());
  if (text_.capacity() > block_bytes_) text_ = {};
  frames_.push_back({.id = frame.id,
                     .account = frame.account,
                     .chat = frame.chat,
                     .offset = static_cast<std::uint32_t>(before),
                     .size = static_cast<std::uint32_t>(block.bytes.size() - before),
                     .chunk_start = chunk_start,
                     .addressed = addressed,
                     .last = frame.last,
                     .type = type,
                     .channel = channel == nullptr ? 0 : appended_token(channel->channel)});
  block.end = end();
  block.weight += weight;
  bytes_ += weight;
  last_id_ = frame.id;
  return true;
}

Token Ring::token(std::string_view name) const {
  const auto hash = crypto::blake2b<16>(base::as_bytes(name), token_key_);
  Token token = 0;
  for (std::size_t i = 0; i < sizeof token; ++i) token = token << 8 | hash[i];
  return std::max<Token>(token, 1);
}

Token Ring::appended_token(const std::string& name) {
  const auto found = tokens_.find(name);
  if (found != tokens_.end()) return found->second;
  if (tokens_.size() >= kTokensKept) tokens_.clear();
  return tokens_.emplace(name, token(name)).first->second;
}

std::uint64_t Ring::over_bound() const {
  std::size_t bytes = bytes_;
  std::uint64_t sequence = first_;
  // The last block stays: it is the one being filled.
  for (std::size_t i = 0; i + 1 < blocks_.size(); ++i) {
    if (bytes <= max_bytes_ && end() - sequence <= max_events_) break;
    bytes -= blocks_[i]->weight;
    sequence = blocks_[i]->end;
  }
  return sequence;
}

void Ring::drop_below(std::uint64_t sequence) {
  while (!blocks_.empty() && blocks_.front()->end <= sequence) {
    bytes_ -= blocks_.front()->weight;
    blocks_.pop_front();
  }
  while (first_ < sequence && !frames_.empty()) {
    floor_ = frames_.front().id;
    frames_.pop_front();
    ++first_;
  }
  addressed_.erase(addressed_.begin(), addressed_.lower_bound(first_));
}

void Ring::forget(base::AccountId account, std::string_view kept) {
  const Token kept_type = token(kept);
  for (std::uint64_t sequence = first_; sequence < end(); ++sequence) {
    RingFrame& frame = frames_[sequence - first_];
    if (frame.channel != 0 || frame.account != account || frame.type == kept_type) continue;
    frame.gone = true;
    plain_from_ = std::max(plain_from_, sequence + 1);
  }
}

const std::shared_ptr<RingBlock>& Ring::block_of(std::uint64_t sequence) const {
  const auto found = std::partition_point(
      blocks_.begin(), blocks_.end(), [&](const auto& block) { return block->end <= sequence; });
  return *found;
}

std::string_view Ring::chunk(std::uint64_t sequence) const {
  const RingFrame& frame = this->frame(sequence);
  return std::string_view(block_of(sequence)->bytes).substr(frame.offset, frame.size);
}

std::string_view Ring::text(std::uint64_t sequence) const {
  std::string_view text = chunk(sequence);
  if (text.empty()) return text;
  text.remove_prefix(frame(sequence).chunk_start);
  text.remove_suffix(kChunkEnd.size());
  return text;
}

std::uint64_t Ring::sequence_after(base::EventId id) const {
  const auto found = std::partition_point(frames_.begin(), frames_.end(),
                                          [&](const RingFrame& frame) { return frame.id <= id; });
  return first_ + static_cast<std::uint64_t>(found - frames_.begin());
}

std::uint64_t Ring::collect(std::uint64_t sequence, std::vector<iovec>& pieces,
                            std::size_t most) const {
  pieces.clear();
  std::size_t total = 0;
  auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                    [&](const auto& b) { return b->end <= sequence; });
  while (sequence < end() && total < most && pieces.size() < 16) {
    std::string& bytes = (*block)->bytes;
    const std::size_t from = frame(sequence).offset;
    pieces.push_back({bytes.data() + from, bytes.size() - from});
    total += bytes.size() - from;
    sequence = (*block)->end;
    ++block;
  }
  return sequence;
}

}  // namespace gateway
