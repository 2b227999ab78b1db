// The tables of relay.db, as migrations of their own. Sums of bytes and envelopes stand beside what
// they count and change in the same transaction, so that a limit costs one row and never a scan.
#pragma once

#include <span>

#include "store/schema.h"

namespace store {

std::span<const Migration> relay_migrations();

}  // namespace store
