// agreement_count(): how many public-key operations of X25519 this thread has made (agreements and
// key pairs, each some 50 us), so that a test can see that the writer's thread makes none.
#pragma once

#include <cstdint>

namespace crypto {

inline std::uint64_t& agreement_count() {
  thread_local std::uint64_t count = 0;
  return count;
}

}  // namespace crypto
