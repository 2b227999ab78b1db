// ViewerSessions: who may read protected files over /stream. One session at a time: a new one ends
// the one before, and what it was reading. A token is 256 random bits and holds for an hour; it is
// kept as its hash and compared in constant time. Attempts are bounded, so that the fingerprint,
// which is an identifier and no secret, is not guessed at leisure.
//
// Safe from any thread; nothing waits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "gateway/viewer/attempts.h"
#include "rpc/access.h"

namespace gateway {

inline constexpr std::int64_t kViewerSeconds = 3600;

class ViewerSessions {
 public:
  // `fingerprint`: 64 hex digits, this device's. Asked for by open(), and may read the disk.
  using Fingerprint = std::function<base::Result<std::string>()>;
  ViewerSessions(Fingerprint fingerprint, const base::Clock& clock)
      : fingerprint_(std::move(fingerprint)), clock_(clock) {}

  enum class Verdict { granted, mismatch, too_many };
  struct Attempt {
    Verdict verdict = Verdict::mismatch;
    std::string token;  // 64 hex digits, when granted
  };
  // `who` is counted: a key, or an address. `access`: what the caller's key allows, which the
  // session keeps to.
  base::Result<Attempt> open(std::string_view who, std::string_view fingerprint,
                             std::shared_ptr<const rpc::Access> access);

  struct Session {
    std::uint64_t number = 0;
    std::shared_ptr<const rpc::Access> access;
  };
  // The session that the token belongs to, while it lasts and its key was not revoked.
  std::optional<Session> find(std::string_view token) const;
  // Whether no later session took its place, and its key still holds.
  bool is_current(std::uint64_t session) const;

 private:
  const Fingerprint fingerprint_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  Attempts attempts_ GUARDED_BY(mutex_);
  std::uint64_t session_ GUARDED_BY(mutex_) = 0;  // 0: none yet
  crypto::Hash32 token_hash_ GUARDED_BY(mutex_){};
  base::Millis ends_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const rpc::Access> access_ GUARDED_BY(mutex_) = rpc::Access::nothing();
};

}  // namespace gateway
