#include "crypto/skipped_keys.h"

namespace crypto {

base::Result<std::optional<MessageKey>> MemorySkippedKeys::find(std::uint64_t epoch,
                                                                std::uint32_t n) {
  for (const SkippedKey& key : keys_) {
    if (key.epoch == epoch && key.n == n) return std::optional<MessageKey>(key.key);
  }
  return std::optional<MessageKey>();
}

base::Result<> MemorySkippedKeys::erase(std::uint64_t epoch, std::uint32_t n) {
  std::erase_if(keys_, [&](const SkippedKey& key) { return key.epoch == epoch && key.n == n; });
  return {};
}

base::Result<> MemorySkippedKeys::put(std::span<const SkippedKey> keys) {
  keys_.insert(keys_.end(), keys.begin(), keys.end());
  return {};
}

base::Result<> MemorySkippedKeys::drop_epoch(std::uint64_t epoch) {
  std::erase_if(keys_, [&](const SkippedKey& key) { return key.epoch == epoch; });
  return {};
}

base::Result<> MemorySkippedKeys::keep_newest(std::size_t count) {
  while (keys_.size() > count) keys_.pop_front();
  return {};
}

}  // namespace crypto
