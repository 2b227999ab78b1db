#include "messaging/peering/restored_sessions.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/log.h"
#include "messaging/model/content.h"
#include "messaging/peering/renewal.h"
#include "store/tables/config_values.h"
#include "store/tables/file_accesses.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_sessions.h"
#include "store/tables/sessions.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kBegunAtOnce = 32;
constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kRowBytesAtOnce = 1024 * 1024;
// Holders of protected files may have received later decisions than a copy knows: the next one is
// to come after those.
constexpr std::uint64_t kLostRevisions = 1'000'000;
constexpr base::Millis kAskAwayAfter = 3600 * base::Millis{1000};
// No config key of a caller can begin with this (config_keys.h).
constexpr std::string_view kEpochKey = "_epoch";
constexpr std::int64_t kMostEpoch = (std::int64_t{1} << 41) - 1;  // generations are below 2^62

base::Result<std::int64_t> read_epoch(const store::Scope& scope) {
  EDGE_TRY(const auto value, store::find_config_value(scope, kEpochKey));
  std::int64_t epoch = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), epoch);
  return std::clamp<std::int64_t>(epoch, 0, kMostEpoch);
}

// Waiting profile updates have the account's old addresses; the cards of the new sessions have the
// present ones.
base::Result<> drop_waiting_profiles(const kernel::WriteContext& write) {
  EDGE_TRY(const auto contacts, store::contacts_with_waiting_outbox(write.scope));
  for (const ContactId contact : contacts) {
    std::int64_t after = 0;
    for (;;) {
      EDGE_TRY(const auto rows,
               store::waiting_outbox(write.scope, contact, after, kRowsAtOnce, kRowBytesAtOnce));
      if (rows.empty()) break;
      for (const store::OutboxRow& row : rows) {
        after = row.id;
        if (row.kind != store::OutboxKind::message || row.message) continue;
        const auto content = decode_content(row.payload);
        if (!content || !std::holds_alternative<Profile>(content->body)) continue;
        EDGE_CHECK(store::delete_outbox(write.scope, row.id));
      }
    }
  }
  return {};
}

}  // namespace

base::Result<std::int64_t> least_generation(const kernel::WriteContext& write) {
  EDGE_TRY(const std::int64_t epoch, read_epoch(write.scope));
  return epoch << 20;
}

base::Result<> reconnect_all(const kernel::WriteContext& write) {
  if (write.account.protocol() != kernel::ProtocolKind::gateway) return {};
  EDGE_CHECK(drop_waiting_profiles(write));
  EDGE_TRY(const std::int64_t last, read_epoch(write.scope));
  const std::int64_t epoch = std::clamp<std::int64_t>(write.tx.now(), last + 1, kMostEpoch);
  EDGE_CHECK(store::set_config_value(write.scope, kEpochKey, std::to_string(epoch)));
  EDGE_CHECK(store::raise_own_revisions(write.scope, kLostRevisions));
  return store::add_pending_sessions(write.scope, write.steady());
}

base::Result<> reconnect_due(const kernel::WriteContext& write) {
  const UnixMillis now = write.steady();
  EDGE_CHECK(store::settle_pending_sessions(write.scope));
  EDGE_TRY(const auto contacts, store::sessions_due(write.scope, now, kBegunAtOnce));
  for (const ContactId contact : contacts) {
    const auto live = ensure_session(write, contact);
    if (!live && live.error().code != base::Errc::sealed &&
        live.error().code != base::Errc::not_found) {
      return live.error();
    }
    // A contact that was deleted, or whose record does not open, is skipped.
    if (!live) {
      base::log::error("account {}: no session is begun with contact {}: {}",
                       write.account.id.value, contact.value, live.error().message);
    }
    if (!live || *live) {
      EDGE_CHECK(store::delete_pending_session(write.scope, contact));
    } else {
      EDGE_CHECK(store::set_session_due(write.scope, contact, now + kAskAwayAfter));
    }
  }
  return {};
}

base::Result<> forget_links(const kernel::WriteContext& write) {
  return store::delete_all_sessions(write.scope);
}

}  // namespace messaging::peering
