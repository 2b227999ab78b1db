#include "crypto/init.h"

#include <sodium.h>

namespace crypto {

base::Result<> init() {
  static const int outcome = sodium_init();  // once; later callers wait for the first
  if (outcome < 0) {
    return base::fail(base::Errc::internal,
                      "libsodium did not start: the system gives no randomness (/dev/urandom)");
  }
  return {};
}

}  // namespace crypto
