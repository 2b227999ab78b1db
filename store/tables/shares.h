// Shares: chooses the rows to delete from a bounded table that several parties fill: a party over
// its own bounds loses its oldest rows; when all together are over theirs, the party that holds
// most loses. So no party can displace rows of a party that holds less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace store {

struct ShareBounds {
  std::size_t count;
  std::size_t bytes;
  std::size_t count_each;  // of one party
  std::size_t bytes_each;
};

struct ShareRow {
  std::int64_t id = 0;
  std::int64_t party = 0;
  std::size_t size = 0;
};

// The ids of what is over; `rows` are all there are, the oldest first.
std::vector<std::int64_t> surplus(std::span<const ShareRow> rows, const ShareBounds& bounds);

}  // namespace store
