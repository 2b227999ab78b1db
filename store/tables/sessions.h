// Sessions: the sealed states of Double Ratchets, found by the tag that we chose for what is sent
// to us, and the keys of skipped messages beside them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/function.h"
#include "crypto/ratchet.h"
#include "crypto/skipped_keys.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

enum class SessionState : std::uint8_t {
  unproven = 0,  // the joiner has not shown yet that it holds the invite's secret
  live = 1,
  superseded = 2,  // a later one is used for sending; what still comes on this one is opened
  broken = 3,      // something did not open: receipts are taken from it, messages are not
};

struct SessionRow {
  std::int64_t id = 0;
  std::optional<base::ContactId> contact;
  std::array<std::uint8_t, 16> tag{};       // on what comes to us
  std::array<std::uint8_t, 16> peer_tag{};  // on what we send; sealed
  std::array<std::uint8_t, 32> peer_box{};  // their X25519 key, for the envelope; sealed
  std::array<std::uint8_t, 32> handshake_hash{};
  SessionState state = SessionState::unproven;
  base::UnixMillis created_at = 0;
  std::int64_t join_id = 0;     // the handshake it came from; written by the insert only
  std::int64_t generation = 0;  // the same at both sides; written by the insert only
  crypto::WipingBytes ratchet;  // crypto::Ratchet::save()
};

base::Result<> insert_session(const Scope& scope, const SessionRow& row);
// The ratchet's new state, contact and state.
base::Result<> update_session(const Scope& scope, const SessionRow& row);
base::Result<> delete_session(const Scope& scope, std::int64_t id);
// With their skipped keys.
base::Result<> delete_all_sessions(const Scope& scope);
base::Result<std::optional<SessionRow>> find_session(const Scope& scope, std::int64_t id);
base::Result<std::optional<SessionRow>> find_session_by_tag(
    const Scope& scope, const std::array<std::uint8_t, 16>& tag);
// Of all live sessions with a contact the one with the smallest handshake hash (decision 8).
base::Result<std::optional<SessionRow>> sending_session(const Scope& scope,
                                                        base::ContactId contact);
// The highest one that a proven session with the contact has; 0: there is none.
base::Result<std::int64_t> newest_generation(const Scope& scope, base::ContactId contact);
// Of the live sessions those of an older generation send no more; of the contact's sessions that do
// not send, the newest few are kept.
base::Result<> supersede_sessions(const Scope& scope, base::ContactId contact);
base::Result<> set_session_broken(const Scope& scope, std::int64_t id);
// Of any contact.
base::Result<bool> has_live_session(const Scope& scope);
base::Result<std::vector<std::int64_t>> live_sessions(const Scope& scope, base::ContactId contact);

inline constexpr std::size_t kMaxSkippedKeysOfContact = 2 * crypto::kMaxSkippedKeys;

// The skipped keys of one session. Valid while the scope is. Of a contact kMaxSkippedKeysOfContact
// are kept, whatever sessions it has.
class SkippedKeyTable final : public crypto::SkippedKeys {
 public:
  // `now`, in steady time: the age of what is put counts from it.
  SkippedKeyTable(const Scope& scope, std::int64_t session_id, base::UnixMillis now)
      : scope_(scope), session_id_(session_id), now_(now) {}

  base::Result<std::optional<crypto::MessageKey>> find(std::uint64_t epoch,
                                                       std::uint32_t n) override;
  base::Result<> erase(std::uint64_t epoch, std::uint32_t n) override;
  base::Result<> put(std::span<const crypto::SkippedKey> keys) override;
  base::Result<> drop_epoch(std::uint64_t epoch) override;
  base::Result<> keep_newest(std::size_t count) override;

 private:
  const Scope& scope_;
  std::int64_t session_id_;
  base::UnixMillis now_;
};

// Deletes skipped keys whose time is over, sooner in sessions that nothing is sent on any more, and
// such sessions once their successor is so old that nothing arrives on them. (The number of keys is
// bounded when they are stored.)
struct SkippedKeyTerms {
  base::UnixMillis live_before = 0;      // keys put before this go
  base::UnixMillis spent_before = 0;     // in superseded and broken sessions
  base::UnixMillis sessions_before = 0;  // these sessions go when a live one is older than this
};
// The number of deleted keys: secrets, whose older copies are still in the write-ahead log.
base::Result<std::int64_t> expire_skipped_keys(const Scope& scope, base::UnixMillis now,
                                               const SkippedKeyTerms& terms);

// Buffers the changes of a Ratchet until the message is known to be accepted; find() also reads the
// table. One decrypt() per object.
class DeferredSkippedKeys final : public crypto::SkippedKeys {
 public:
  explicit DeferredSkippedKeys(SkippedKeyTable& table) : table_(table) {}

  base::Result<> apply();
  // A skipped key opened the message: it came later than one that was encrypted after it.
  bool used_one() const { return used_one_; }

  base::Result<std::optional<crypto::MessageKey>> find(std::uint64_t epoch,
                                                       std::uint32_t n) override {
    return table_.find(epoch, n);
  }
  base::Result<> erase(std::uint64_t epoch, std::uint32_t n) override;
  base::Result<> put(std::span<const crypto::SkippedKey> keys) override;
  base::Result<> drop_epoch(std::uint64_t epoch) override;
  base::Result<> keep_newest(std::size_t count) override;

 private:
  SkippedKeyTable& table_;
  bool used_one_ = false;
  std::vector<base::UniqueFunction<base::Result<>()>> changes_;
};

}  // namespace store
