// MailDownloads: files that stay on a server until somebody asks for them (decided by
// left_mails.h). What is wanted is stored, and is asked for again until it came or its server has
// it no more: once a line is there, and every minute. A file whose mail is not known to lie
// anywhere is waited for for an hour while mailboxes can be read; then its message says so. It has
// the file all the same once the mail comes.
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

  // In a write: somebody wants the file of this message, which is not here.
  base::Result<> want(const kernel::WriteContext& write, store::MessageRow message);
  // In a write: ends the waiting for mails that do not come.
  base::Result<> give_up_late(const kernel::WriteContext& write);
  // Asks for what is wanted and not under way.
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
