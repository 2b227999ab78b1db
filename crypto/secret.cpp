#include "crypto/secret.h"

#include <sodium.h>

#include <new>

#include "crypto/init.h"

namespace crypto::detail {

std::uint8_t* allocate_secret(std::size_t size) {
  // Before sodium_init the page size and the canary of sodium_malloc are not set.
  if (!init()) throw std::bad_alloc();
  auto* data = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data == nullptr) throw std::bad_alloc();
  sodium_memzero(data, size);
  return data;
}

void free_secret(std::uint8_t* data) noexcept { sodium_free(data); }  // wipes; null is fine

}  // namespace crypto::detail
