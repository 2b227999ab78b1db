// Protocols: the table of protocols by kind. Filled by api/parts.cpp before anything is written;
// read from any thread.
#pragma once

#include <array>
#include <cstddef>

#include "store/tables/protocol_kind.h"

namespace messaging::kernel {

class Protocol;

using store::ProtocolKind;
inline constexpr std::size_t kProtocolKinds = 1;

class Protocols {
 public:
  void put(ProtocolKind kind, Protocol& protocol) { table_[index(kind)] = &protocol; }
  Protocol& of(ProtocolKind kind) const { return *table_[index(kind)]; }
  const std::array<Protocol*, kProtocolKinds>& all() const { return table_; }

 private:
  static std::size_t index(ProtocolKind kind) { return static_cast<std::size_t>(kind) - 1; }
  std::array<Protocol*, kProtocolKinds> table_{};
};

}  // namespace messaging::kernel
