// MailIntake: takes the mails that lie in our mailboxes. A worker judges heads and opens mails; the
// writer applies them; a mail is acknowledged to its server after the commit and not before. A mail
// that cannot be opened or read is acknowledged and costs itself alone.
//
// Called on the transport's thread, which it never blocks.
#pragma once

#include <string>
#include <vector>

#include "base/mutex.h"
#include "messaging/mail/mail_applier.h"
#include "messaging/mail/mail_downloads.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "messaging/mail/own_keys.h"
#include "store/tables/mail_left.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::mail {

class MailIntake final : public MailReceiver {
 public:
  MailIntake(kernel::Core& core, OwnKeys& keys, MailWorkers& workers, MailDownloads& downloads)
      : core_(core), keys_(keys), workers_(workers), downloads_(downloads) {}

  void judge(LineKey line, std::vector<MailHead> heads,
             base::Completion<std::vector<MailWish>> done) override;
  void arrived(LineKey line, MailPlace place, base::Bytes mail,
               base::Completion<MailTaken> done) override;
  void missed(LineKey line, MailHead head, std::string why) override;
  void cursor_moved(LineKey line, MailCursor cursor) override;
  void status_changed(const LineStatus& status) override;

 private:
  struct Judged {
    std::vector<MailWish> wishes;
    std::vector<store::MailLeftRow> left;  // wished `later`
  };
  base::Result<Judged> judged(LineKey line, const std::vector<MailHead>& heads) const;
  void leave(LineKey line, Judged judged, base::Completion<std::vector<MailWish>> done);
  void note_known(LineKey line, const std::vector<MailHead>& heads,
                  const std::vector<MailWish>& wishes) const;
  void open_and_apply(LineKey line, MailPlace place, base::ByteView mail,
                      base::Completion<MailTaken> done);
  void take_opened(LineKey line, MailPlace place, base::Result<OpeningResult> opening,
                   base::Completion<MailTaken> done);
  base::Result<> seal_files(Arrival& arrival) const;
  void remove_unused(const Arrival& arrival, const std::vector<std::string>& kept) const;
  void apply(Arrival arrival, base::Completion<MailTaken> done);

  kernel::Core& core_;
  OwnKeys& keys_;
  MailWorkers& workers_;
  MailDownloads& downloads_;
  base::Mutex large_;  // one large mail at a time is opened, of all accounts
};

}  // namespace messaging::mail
