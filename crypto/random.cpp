#include "crypto/random.h"

#include <sodium.h>

namespace crypto {

void random_bytes(std::span<std::uint8_t> out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());  // takes no null, even for nothing
}

std::uint64_t random_u64() {
  std::uint64_t out = 0;
  randombytes_buf(&out, sizeof out);
  return out;
}

}  // namespace crypto
