// MailLoad: the rows of the outbox that one turn of an account's route sends, mail by mail.
// Adjacent rows with one uuid are one content for several contacts, and one mail.
#pragma once

#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/protocol.h"
#include "messaging/mail/join_step.h"
#include "messaging/model/content.h"
#include "store/tables/outbox.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::mail {

// A mail is for at most this many contacts; a server accepts them in one transaction.
inline constexpr std::size_t kMaxContactsOfMail = 50;
inline constexpr std::size_t kMailsOfTurn = 32;

// The rows that one mail serves.
struct MailLoad {
  std::vector<store::OutboxRow> rows;  // without payloads; those of files too
  std::variant<std::monostate, Content, JoinStep, SyncStep> what;  // monostate: it cannot be read
  std::vector<base::ContactId> contacts;  // none for a step to somebody unknown, or to ourselves
  std::int64_t blob_id = 0;               // of the content's file; 0: none
};

struct TurnLoad : kernel::Load {
  std::deque<MailLoad> mails;
};

// nullptr: there is nothing to send now.
base::Result<std::unique_ptr<TurnLoad>> load_turn(kernel::Core& core, RouteKey route,
                                                  const store::SkippedRows& skipped);

}  // namespace messaging::mail
