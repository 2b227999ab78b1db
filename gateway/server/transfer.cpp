#include "gateway/server/transfer.h"

#include <algorithm>

namespace gateway {

base::Result<std::string> read_chunk(BodySource& source, std::uint64_t left) {
  std::string chunk(static_cast<std::size_t>(std::min<std::uint64_t>(left, kTransferChunk)), '\0');
  const std::span<std::uint8_t> room(reinterpret_cast<std::uint8_t*>(chunk.data()), chunk.size());
  EDGE_TRY(const std::size_t got, source.next(room));
  if (got == 0) return base::fail(base::Errc::corrupt, "the body ended before its length");
  chunk.resize(std::min(got, chunk.size()));
  return chunk;
}

}  // namespace gateway
