#include "messaging/mail/mail_protocol.h"

#include <algorithm>

#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_joining.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/mail_halves.h"
#include "store/tables/mail_ids.h"
#include "store/tables/mail_logins.h"
#include "store/tables/outbox.h"

namespace messaging::mail {
namespace {

constexpr base::Millis kMailDay = 24 * 3600 * base::Millis{1000};
// Mails that lie on a server longer may count again: what they said was applied and changes nothing
// a second time.
constexpr base::Millis kTakenLifetime = 200 * kMailDay;
constexpr base::Millis kHalfLifetime = 60 * kMailDay;

}  // namespace

// api/parts.cpp puts a MailProtocol into this place of the table.
MailProtocol& mail_protocol(kernel::Core& core) {
  return static_cast<MailProtocol&>(core.protocols.of(kernel::ProtocolKind::mail));
}

kernel::Abilities MailProtocol::abilities() const {
  return {.acknowledges = false,
          .groups = false,
          .protected_files = false,
          .read_receipts = true,
          .largest_file = kMaxMailFile};
}

base::Result<std::string> MailProtocol::invite_link(const kernel::WriteContext& write,
                                                    std::optional<base::ChatId> chat) {
  return mail_invite_link(write, chat);
}

base::Result<base::ChatId> MailProtocol::join(const kernel::WriteContext& write,
                                              const std::string& link) {
  return start_mail_join(write, link);
}

base::Result<> MailProtocol::toggle_invite(const kernel::WriteContext& write,
                                           const std::string& link) {
  return toggle_mail_invite(write, link);
}

base::Result<bool> MailProtocol::prepare(const kernel::WriteContext& write, base::ContactId contact,
                                         std::span<store::OutboxRow> rows) {
  // A mail takes seconds: what is dropped when it is late is not sent at all.
  const bool passing = std::any_of(rows.begin(), rows.end(), [](const store::OutboxRow& row) {
    return row.kind == store::OutboxKind::passing;
  });
  if (passing) return false;
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  const store::ContactKey* key = row.key(store::ProtocolKind::mail);
  return key != nullptr && !key->key.empty();
}

// The key comes with a join, a mail or a card; there is nobody to ask.
base::Result<> MailProtocol::want_link(const kernel::WriteContext&, base::ContactId) { return {}; }

base::Result<> MailProtocol::acknowledged(const kernel::WriteContext&, const store::OutboxRow&) {
  return {};
}

// Every mail has it.
base::Result<> MailProtocol::send_profile(const kernel::WriteContext&) { return {}; }

base::Result<> MailProtocol::take_profile(const kernel::WriteContext&, const store::ContactRow&,
                                          const Profile&) {
  return {};
}

base::Result<> MailProtocol::show_ways(const kernel::WriteContext& write,
                                       std::optional<base::ChatId>, MemberCard& ours) {
  ours.addr = write.account.addr();
  return {};
}

base::Result<> MailProtocol::take_ways(const kernel::WriteContext&, store::ContactRow&,
                                       const MemberCard&) {
  return {};
}

base::Result<> MailProtocol::meet(const kernel::WriteContext&, base::ContactId, const GroupId&,
                                  const MemberCard&) {
  return {};
}

base::Result<> MailProtocol::close_ways(const kernel::WriteContext&, base::ChatId) { return {}; }

base::Result<std::string> MailProtocol::place(const store::Scope& scope, std::int64_t) {
  EDGE_TRY(const auto logins, store::list_mail_logins(scope));
  for (const store::MailLoginRow& row : logins) {
    if (!row.primary) continue;
    EDGE_TRY(const MailLogin login, login_of(row));
    return login.smtp.place();
  }
  return std::string();
}

base::Result<std::int64_t> MailProtocol::run_maintenance(const kernel::WriteContext& write,
                                                         bool may_expire) {
  // After a restore, and where a key came by a way that does not release.
  EDGE_TRY(const auto waiting, store::contacts_with_waiting_outbox(write.scope));
  for (const base::ContactId contact : waiting) {
    EDGE_CHECK(outbox::release_waiting(write, contact));
  }
  if (may_expire) {
    const base::UnixMillis now = write.steady();
    EDGE_CHECK(expire_mail_joins(write, now));
    EDGE_CHECK(store::forget_taken_mails(write.scope, now - kTakenLifetime));
    EDGE_CHECK(store::forget_mail_halves(write.scope, now - kHalfLifetime));
  }
  return 0;
}

}  // namespace messaging::mail
