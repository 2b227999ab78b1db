// ChannelCounts: what each channel holds, as its row says (tables/channels.h). Read once and then
// counted along with the rows, so that a write looks up neither its channels nor the sum of all.
// Within store/, on the writer's thread; forget() when a write is undone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "store/vault.h"

namespace store {

struct ChannelCount {
  std::int64_t events = 0;
  std::int64_t bytes = 0;
};

class ChannelCounts {
 public:
  bool known() const { return known_; }
  void begin() { known_ = true; }
  void forget() { *this = ChannelCounts(); }

  // 0: there is no such channel.
  std::int64_t find(const Vault::Lookup& name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? 0 : found->second;
  }
  ChannelCount of(std::int64_t id) const {
    const auto found = channels_.find(id);
    return found == channels_.end() ? ChannelCount() : found->second;
  }
  std::int64_t bytes_of_all() const { return bytes_; }

  void add(const Vault::Lookup& name, std::int64_t id, ChannelCount holds) {
    ids_[name] = id;
    channels_[id] = holds;
    bytes_ += holds.bytes;
  }
  void change(std::int64_t id, ChannelCount by) {
    const auto found = channels_.find(id);
    if (found == channels_.end()) return;  // its row is not intact
    found->second.events += by.events;
    found->second.bytes += by.bytes;
    bytes_ += by.bytes;
  }
  void remove(std::int64_t id) {
    bytes_ -= of(id).bytes;
    channels_.erase(id);
    std::erase_if(ids_, [id](const auto& one) { return one.second == id; });
  }

  // Entries of the small table of the index of rows (tables/channel_index.h); nothing: not counted.
  std::optional<std::int64_t> new_rows() const { return new_rows_; }
  void set_new_rows(std::int64_t held) { new_rows_ = held; }
  void forget_new_rows() { new_rows_.reset(); }
  // The channel whose entries were moved from there last.
  std::int64_t last_moved() const { return last_moved_; }
  void moved(std::int64_t id, std::int64_t left) {
    last_moved_ = id;
    new_rows_ = left;
  }

 private:
  bool known_ = false;
  std::map<Vault::Lookup, std::int64_t> ids_;
  std::map<std::int64_t, ChannelCount> channels_;
  std::int64_t bytes_ = 0;
  std::optional<std::int64_t> new_rows_;
  std::int64_t last_moved_ = 0;
};

}  // namespace store
