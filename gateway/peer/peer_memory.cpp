#include "gateway/peer/peer_memory.h"

#include <algorithm>

namespace gateway {

std::vector<PeerUrl> PeerMemory::order(std::vector<PeerUrl> urls, base::Millis uptime) {
  const bool encrypted =
      std::any_of(urls.begin(), urls.end(), [](const PeerUrl& url) { return url.https; });
  if (encrypted) std::erase_if(urls, [](const PeerUrl& url) { return !url.https; });
  std::stable_partition(urls.begin(), urls.end(), [&](const PeerUrl& url) {
    const auto found = entries_.find(url.text());
    return found == entries_.end() || found->second.down_until <= uptime;
  });
  return urls;
}

}  // namespace gateway
