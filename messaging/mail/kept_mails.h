// KeptMails: mails that were taken and left on their server. The place of each is stored with the
// commit that takes it, so that delete_server_after N can delete it N seconds later, also after
// restarts. Due mails are deleted once a minute, kBatch mails of a login at once; a place is
// forgotten once the server has deleted the mail or no longer knows the place.
#pragma once

#include <set>
#include <vector>

#include "base/mutex.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_transport.h"

namespace messaging::mail {

class KeptMails {
 public:
  static constexpr std::size_t kBatch = 500;

  // `transport` may be null: nothing is deleted then.
  KeptMails(kernel::Core& core, MailTransport* transport) : core_(core), transport_(transport) {}

  // In the writer's transaction. Mails that the server was asked to delete are not noted.
  static base::Result<> note(const kernel::WriteContext& write, LineKey line,
                             const std::vector<MailPlace>& places);
  // Deletes the due mails after this commit.
  base::Result<> delete_due(const kernel::WriteContext& write);

 private:
  void remove(LineKey line, std::vector<MailPlace> places);
  void removed(LineKey line, const std::vector<MailPlace>& places);

  kernel::Core& core_;
  MailTransport* const transport_;
  base::Mutex mutex_;
  std::set<LineKey> under_way_ GUARDED_BY(mutex_);
};

}  // namespace messaging::mail
