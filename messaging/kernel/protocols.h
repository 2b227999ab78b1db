// Protocols: the table of protocols by kind. Filled by api/parts.cpp before anything is written;
// read from any thread. A build may leave protocols out: accounts that speak one of those are not
// loaded.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "store/tables/protocol_kind.h"

namespace messaging::kernel {

class Protocol;

using store::ProtocolKind;
inline constexpr std::size_t kProtocolKinds = 2;

class Protocols {
 public:
  void put(ProtocolKind kind, Protocol& protocol) { table_[index(kind)] = &protocol; }
  bool has(ProtocolKind kind) const {
    return index(kind) < table_.size() && table_[index(kind)] != nullptr;
  }
  Protocol& of(ProtocolKind kind) const { return *table_[index(kind)]; }  // of one that is there
  std::vector<Protocol*> all() const {
    std::vector<Protocol*> there;
    for (Protocol* protocol : table_) {
      if (protocol != nullptr) there.push_back(protocol);
    }
    return there;
  }

 private:
  static std::size_t index(ProtocolKind kind) { return static_cast<std::size_t>(kind) - 1; }
  std::array<Protocol*, kProtocolKinds> table_{};
};

}  // namespace messaging::kernel
