#include "gateway/commands/output_entry.h"

#include "base/wire.h"

namespace gateway::commands {
namespace {

constexpr std::size_t kMaxText = 1024 * 1024;
constexpr std::uint8_t kErrors = 1, kMore = 2, kReplaced = 4, kProgress = 8;

}  // namespace

base::Bytes encode_entries(std::span<const OutputEntry> entries) {
  base::WireWriter out;
  out.u32(static_cast<std::uint32_t>(entries.size()));
  for (const OutputEntry& entry : entries) {
    const OutputPiece& piece = entry.piece;
    out.u8(static_cast<std::uint8_t>((entry.stream == OutputStream::errors ? kErrors : 0) |
                                     (piece.more ? kMore : 0) | (piece.replaced ? kReplaced : 0) |
                                     (piece.progress ? kProgress : 0)));
    out.text(piece.text);
  }
  return out.take();
}

std::optional<std::vector<OutputEntry>> decode_entries(std::uint64_t first, base::ByteView bytes) {
  base::WireReader in(bytes);
  std::vector<OutputEntry> out;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    OutputEntry entry;
    entry.id = base::EventId(first++);
    const std::uint8_t flags = in.u8();
    entry.stream = (flags & kErrors) != 0 ? OutputStream::errors : OutputStream::output;
    entry.piece = {.text = in.text(kMaxText),
                   .more = (flags & kMore) != 0,
                   .replaced = (flags & kReplaced) != 0,
                   .progress = (flags & kProgress) != 0};
    out.push_back(std::move(entry));
  }
  if (!in.done()) return std::nullopt;
  return out;
}

}  // namespace gateway::commands
