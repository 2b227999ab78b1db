#include "store/tables/shares.h"

#include <algorithm>
#include <deque>
#include <map>

namespace store {
namespace {

struct Share {
  std::deque<ShareRow> rows;
  std::size_t bytes = 0;

  std::int64_t drop_oldest() {
    const ShareRow oldest = rows.front();
    bytes -= oldest.size;
    rows.pop_front();
    return oldest.id;
  }
};

}  // namespace

std::vector<std::int64_t> surplus(std::span<const ShareRow> rows, const ShareBounds& bounds) {
  std::map<std::int64_t, Share> shares;
  for (const ShareRow& row : rows) {
    Share& share = shares[row.party];
    share.rows.push_back(row);
    share.bytes += row.size;
  }
  std::vector<std::int64_t> gone;
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (auto& [party, share] : shares) {
    while (share.rows.size() > bounds.count_each || share.bytes > bounds.bytes_each) {
      gone.push_back(share.drop_oldest());
    }
    count += share.rows.size();
    bytes += share.bytes;
  }
  while (count > bounds.count || bytes > bounds.bytes) {
    const bool by_bytes = bytes > bounds.bytes;
    const auto most =
        std::max_element(shares.begin(), shares.end(), [&](const auto& a, const auto& b) {
          return by_bytes ? a.second.bytes < b.second.bytes
                          : a.second.rows.size() < b.second.rows.size();
        });
    --count;
    bytes -= most->second.rows.front().size;
    gone.push_back(most->second.drop_oldest());
  }
  return gone;
}

}  // namespace store
