#include "messaging/mail/kept_mails.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "messaging/kernel/core.h"
#include "messaging/mail/mail_fate.h"
#include "store/tables/mail_logins.h"
#include "store/tables/mail_places.h"

namespace messaging::mail {
namespace {

// Places are forgotten after as long as Message-IDs are, unless the setting needs them for longer.
constexpr base::Millis kPlaceLifetime = 200 * 24 * 3600 * base::Millis{1000};

}  // namespace

base::Result<> KeptMails::note(const kernel::WriteContext& write, LineKey line,
                               const std::vector<MailPlace>& places) {
  EDGE_TRY(const auto logins, store::list_mail_logins(write.scope));
  const auto row = std::ranges::find(logins, line.transport, &store::MailLoginRow::id);
  if (row == logins.end()) return {};
  EDGE_TRY(const StoredLogin stored, stored_login_of(*row));
  EDGE_TRY(const MailFate fate, fate_of_mails(write.scope, stored));
  if (fate.after == MailAfter::remove) return {};
  for (const MailPlace& place : places) {
    EDGE_CHECK(store::note_mail_place(write.scope, {line.transport, place.uid_validity, place.uid},
                                      write.steady()));
  }
  return {};
}

base::Result<> KeptMails::delete_due(const kernel::WriteContext& write) {
  EDGE_TRY(const auto logins, store::list_mail_logins(write.scope));
  base::Millis longest = kPlaceLifetime;
  for (const store::MailLoginRow& row : logins) {
    EDGE_TRY(const StoredLogin stored, stored_login_of(row));
    EDGE_TRY(const MailFate fate, fate_of_mails(write.scope, stored));
    longest = std::max(longest, fate.lifetime);
    if (fate.lifetime == 0 || transport_ == nullptr || !write.account.io_on) continue;
    EDGE_TRY(const auto due, store::mail_places_before(write.scope, row.id,
                                                       write.steady() - fate.lifetime, kBatch));
    if (due.empty()) continue;
    std::vector<MailPlace> places;
    places.reserve(due.size());
    for (const auto& one : due) places.push_back({one.uid_validity, one.uid});
    const LineKey line{write.account.id, row.id};
    write.tx.on_commit(
        [this, line, places = std::move(places)]() mutable { remove(line, std::move(places)); });
  }
  return store::forget_mail_places_before(write.scope, write.steady() - longest);
}

void KeptMails::remove(LineKey line, std::vector<MailPlace> places) {
  {
    base::Lock lock(mutex_);
    if (!under_way_.insert(line).second) return;
  }
  transport_->remove(line, places, [this, line, places](const base::Result<>& done) {
    if (done) return removed(line, places);
    base::log::info("account {}: {} mails stay on the server for now: {}", line.account.value,
                    places.size(), done.error().message);
    base::Lock lock(mutex_);
    under_way_.erase(line);
  });
}

void KeptMails::removed(LineKey line, const std::vector<MailPlace>& places) {
  core_.write<void>(
      line.account,
      [line, places](store::Tx&, const store::Scope& scope,
                     const kernel::AccountState&) -> base::Result<> {
        for (const MailPlace& place : places) {
          EDGE_CHECK(
              store::forget_mail_place(scope, {line.transport, place.uid_validity, place.uid}));
        }
        return {};
      },
      [this, line, full = places.size() >= kBatch](const base::Result<>& written) {
        {
          base::Lock lock(mutex_);
          under_way_.erase(line);
        }
        if (!written || !full) return;
        core_.write<void>(
            line.account,
            [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
              return delete_due({core_, tx, scope, state});
            },
            [](const base::Result<>&) {});
      });
}

}  // namespace messaging::mail
