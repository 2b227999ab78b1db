// MailLines: MailTransport over IMAP and SMTP: a Mailbox and an SmtpQueue for each line, and a
// LoginFinder for each configuration that runs, all on one event loop (the mail thread's), whatever
// their number.
//
// Threads: as messaging/mail/mail_transport.h says. `start` is called by the first use that needs
// the loop, from its thread, and says whether the loop will run: a daemon without mail accounts
// runs no mail thread. close() is called from outside the loop, before it ends; nothing is called
// after it but what waits, with an error.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/mutex.h"
#include "gateway/loop/event_loop.h"
#include "gateway/mail/login_finder.h"
#include "gateway/mail/mailbox.h"
#include "gateway/mail/smtp_queue.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

struct MailLinesOptions {
  LineOptions line;
  MailTimes times;
  SmtpTimes smtp;
  FinderOptions finder;
  std::size_t connecting_at_once = 16;  // each resolves its name on a thread of libcurl's
  std::size_t sending_at_once = 32;
  std::size_t bytes_under_way = 64 * 1024 * 1024;  // of mails, over all lines
};

class MailLines final : public messaging::mail::MailTransport {
 public:
  MailLines(EventLoop& loop, std::function<bool()> start, MailLinesOptions options = {});
  ~MailLines() override;

  void set_receiver(messaging::mail::MailReceiver& receiver) override;
  void configure(messaging::mail::LoginRequest request, std::function<void(int permille)> progress,
                 std::function<bool()> stop,
                 base::Completion<messaging::mail::Configured> done) override;
  void submit(messaging::mail::LineKey line, messaging::mail::MailLogin login,
              messaging::mail::Mail mail,
              base::Completion<messaging::mail::SubmitReply> done) override;
  void watch(messaging::mail::LineKey line, messaging::mail::MailLogin login,
             messaging::mail::MailCursor cursor, messaging::mail::WatchOptions options) override;
  void unwatch(messaging::mail::LineKey line) override;
  void forget(base::AccountId account) override;
  void fetch(messaging::mail::LineKey line, messaging::mail::MailPlace place,
             base::Completion<bool> done) override;
  void remove(messaging::mail::LineKey line, std::vector<messaging::mail::MailPlace> places,
              base::Completion<> done) override;
  void network_is_back() override;
  std::vector<messaging::mail::LineStatus> lines(
      std::optional<base::AccountId> account) const override;

  // On the loop's thread, or once the loop has ended.
  void close();

 private:
  class Impl;  // the loop's
  // False: closed.
  bool begin();
  messaging::mail::MailReceiver* receiver() const;
  void note_status(const messaging::mail::LineStatus& status);
  void forget_status(messaging::mail::LineKey line);
  template <class F>
  bool on_loop(F work);

  EventLoop& loop_;
  const std::function<bool()> start_;
  mutable base::Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool started_ GUARDED_BY(mutex_) = false;
  messaging::mail::MailReceiver* receiver_ GUARDED_BY(mutex_) = nullptr;
  std::map<messaging::mail::LineKey, messaging::mail::LineStatus> status_ GUARDED_BY(mutex_);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::mail
