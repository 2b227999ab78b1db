// Readies libsodium. Call it once at the start of a program, before its threads; calling it again
// or from several threads at once is harmless. Fails only when the system has no randomness.
#pragma once

#include "base/result.h"

namespace crypto {

base::Result<> init();

}  // namespace crypto
