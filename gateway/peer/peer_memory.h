// PeerMemory: what is known of each peer's URL: the difference of its clock, and since when it does
// not answer. Bounded; forgetting costs a retry and nothing else. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateway/text/url.h"

namespace gateway {

class PeerMemory {
 public:
  struct Entry {
    base::Millis clock_offset = 0;  // theirs minus ours
    base::Millis down_until = 0;    // by our uptime: tried after the others until then
    bool warned_plain = false;      // warned that it is reached over plain http
    bool warned_untrusted = false;  // warned that its certificate is not trusted
  };

  Entry& of(const PeerUrl& url) {
    const std::string key = url.text();
    if (entries_.size() >= kMaxEntries && entries_.find(key) == entries_.end()) make_room();
    return entries_[key];
  }

  // In the order to try: as given, those that were down a moment ago last. Where one URL is https,
  // plain ones are left out: an attacker that blocks the https one must not get the plain one.
  std::vector<PeerUrl> order(std::vector<PeerUrl> urls, base::Millis uptime);

 private:
  static constexpr std::size_t kMaxEntries = 4096;
  // Entries that hold no information are evicted first.
  void make_room() {
    std::erase_if(entries_, [](const auto& entry) {
      return entry.second.clock_offset == 0 && entry.second.down_until == 0;
    });
    if (entries_.size() >= kMaxEntries) entries_.clear();
  }
  std::map<std::string, Entry> entries_;
};

}  // namespace gateway
