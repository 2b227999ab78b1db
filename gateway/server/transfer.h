// Bodies too large to hold: what a connection shares with the workers that read or write them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/http/message.h"
#include "gateway/http/responder.h"

namespace gateway {

inline constexpr std::size_t kTransferChunk = 64 * 1024;

// One chunk waits in the connection's OutBuffer, at most one more is being read.
struct DownloadState {
  std::unique_ptr<BodySource> source;  // used by one worker at a time
  std::uint64_t left = 0;              // loop thread: bytes that were not asked for yet
  bool busy = false;                   // loop thread: a worker is at it
};

// One chunk is being written, one more fills.
struct UploadState {
  std::unique_ptr<BodySink> sink;  // used by one worker at a time
  std::string chunk;               // loop thread: what fills
  bool busy = false;               // loop thread: a worker is at it
  bool ended = false;              // loop thread: the body is complete
};

// Reads the next chunk on a worker.
base::Result<std::string> read_chunk(BodySource& source, std::uint64_t left);

}  // namespace gateway
