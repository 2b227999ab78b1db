// MailDownloads: files that stay on a server until the user asks for them (left_mails.h decides
// which). Requests are stored, and repeated until the file arrived or its server no longer has it:
// when a line connects, and every minute. A file whose mail is not known to be anywhere is waited
// for during an hour in which mailboxes can be read; then its message reports the failure. If the
// mail comes later, the message gets its file all the same.
//
// Safe from any thread.
#pragma once

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "store/tables/mail_left.h"
#include "store/tables/messages.h"

namespace messaging::mail {

class MailDownloads {
 public:
  // `transport` may be null: nothing is downloaded then.
  MailDownloads(kernel::Core& core, MailTransport* transport, MailWorkers& workers)
      : core_(core), transport_(transport), workers_(workers) {}

  // In a write: the user asks for the file of this message, which has not arrived.
  base::Result<> want(const kernel::WriteContext& write, store::MessageRow message);
  // In a write: fails the downloads whose mails did not come in time.
  base::Result<> give_up_late(const kernel::WriteContext& write);
  // Asks for the wanted files that are not under way.
  void run(base::AccountId account);

 private:
  using Places = std::shared_ptr<const std::vector<store::MailLeftRow>>;
  using Key = std::pair<base::AccountId, store::Uuid>;

  base::Result<> look_for(const kernel::WriteContext& write, store::MessageRow message);
  bool reads_all_mailboxes(base::AccountId account) const;
  void look(base::AccountId account);
  void fetch(base::AccountId account, const Places& places, std::size_t at);
  void answered(base::AccountId account, const Places& places, std::size_t at,
                const base::Result<bool>& there);
  void end(base::AccountId account, const store::Uuid& uuid);

  kernel::Core& core_;
  MailTransport* const transport_;
  MailWorkers& workers_;
  base::Mutex mutex_;
  std::set<Key> under_way_ GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
