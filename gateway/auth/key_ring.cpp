#include "gateway/auth/key_ring.h"

#include <algorithm>

#include "gateway/auth/key_token.h"

namespace gateway {

base::Result<std::unique_ptr<KeyRing>> KeyRing::open(std::filesystem::path path,
                                                     const base::Clock& clock) {
  std::unique_ptr<KeyRing> ring(new KeyRing(std::move(path), clock));
  EDGE_CHECK(ring->reload());
  return ring;
}

base::Result<> KeyRing::reload() {
  EDGE_TRY(auto records, read_key_file(path_));
  std::unordered_map<std::string, Key> next;
  for (KeyRecord& record : records) {
    const auto old = keys_.find(record.id);
    // An unchanged key keeps its Access, and with it its open streams.
    const bool same = old != keys_.end() && old->second.record == record;
    auto access =
        same ? old->second.access : std::make_shared<const rpc::Access>(record.id, record.grants);
    std::string id = record.id;
    next.insert_or_assign(std::move(id), Key{std::move(record), std::move(access)});
  }
  for (const auto& [id, key] : keys_) {
    const auto kept = next.find(id);
    if (kept == next.end() || kept->second.access != key.access) key.access->end();
  }
  keys_ = std::move(next);
  return {};
}

KeyRing::Found KeyRing::find(std::string_view text) {
  const auto token = parse_key_token(text);
  if (!token) return {};
  const auto found = keys_.find(token->id);
  if (found == keys_.end()) return {};
  const Key& key = found->second;
  if (!crypto::equal_ct(key.record.hash, token->hash)) return {};
  if (key.record.expired(clock_.now())) {
    key.access->end();
    return {Verdict::expired};
  }
  return {Verdict::good, key.access};
}

std::optional<base::UnixMillis> KeyRing::expire() {
  std::optional<base::UnixMillis> next;
  const base::UnixMillis now = clock_.now();
  for (const auto& [id, key] : keys_) {
    if (!key.record.expires) continue;
    if (key.record.expired(now)) {
      key.access->end();
    } else {
      next = std::min(next.value_or(*key.record.expires), *key.record.expires);
    }
  }
  return next;
}

}  // namespace gateway
