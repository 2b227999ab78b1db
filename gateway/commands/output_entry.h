// OutputEntry: a line that a command wrote, with its id; and the bytes of several in a record.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "gateway/commands/line_cutter.h"
#include "gateway/commands/runner.h"

namespace gateway::commands {

struct OutputEntry {
  base::EventId id;
  OutputStream stream = OutputStream::output;
  OutputPiece piece;

  friend bool operator==(const OutputEntry&, const OutputEntry&) = default;
};

base::Bytes encode_entries(std::span<const OutputEntry> entries);
// Their ids count up from `first`, without gaps. nullopt: it is no such record.
std::optional<std::vector<OutputEntry>> decode_entries(std::uint64_t first, base::ByteView bytes);

}  // namespace gateway::commands
