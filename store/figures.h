// Figures of the whole store for /metrics: how much waits to be delivered, and since when.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace store {

class Store;

struct StoreFigures {
  std::int64_t outbox_waiting = 0;         // not yet deposited anywhere
  std::int64_t outbox_unacknowledged = 0;  // deposited, not acknowledged by the recipient's device
  base::UnixMillis outbox_oldest = 0;      // when the oldest of those that wait was made; 0: none
};

// Counts on a reader's connection.
base::Result<StoreFigures> read_figures(Store& store);

}  // namespace store
