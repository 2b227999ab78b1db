#include "gateway/viewer/sessions.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "crypto/random.h"

namespace gateway {

base::Result<ViewerSessions::Attempt> ViewerSessions::open(
    std::string_view who, std::string_view fingerprint, std::shared_ptr<const rpc::Access> access) {
  EDGE_TRY(const std::string own, fingerprint_());
  base::Lock lock(mutex_);
  const base::Millis now = clock_.uptime();
  if (!attempts_.take(who, now)) return Attempt{Verdict::too_many, {}};
  if (!crypto::equal_ct(base::as_bytes(base::lower_ascii(fingerprint)), base::as_bytes(own))) {
    return Attempt{Verdict::mismatch, {}};
  }
  const std::string token = base::to_hex(crypto::random_array<32>());
  token_hash_ = crypto::sha256(base::as_bytes(token));
  ends_ = now + kViewerSeconds * 1000;
  access_ = std::move(access);
  ++session_;
  return Attempt{Verdict::granted, token};
}

std::optional<ViewerSessions::Session> ViewerSessions::find(std::string_view token) const {
  const crypto::Hash32 hash = crypto::sha256(base::as_bytes(token));
  base::Lock lock(mutex_);
  const bool same = crypto::equal_ct(hash, token_hash_);
  if (session_ == 0 || !same || clock_.uptime() >= ends_ || access_->ended()) return std::nullopt;
  return Session{session_, access_};
}

bool ViewerSessions::is_current(std::uint64_t session) const {
  base::Lock lock(mutex_);
  return session == session_ && !access_->ended();
}

}  // namespace gateway
