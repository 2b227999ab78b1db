// Mailbox: the line of one account to its INBOX: connects, offers the mails that are there, waits
// for more (IDLE, or NOOP where a server has no IDLE), and reconnects when the connection ends.
//
//   resting -> turn -> connecting -> capability -> select -> quota -> ready
//   ready: removals, downloads, a sync when there may be mails, else IDLE
//
// Pauses between connections grow to five minutes and have jitter; after a second refusal of the
// password the line waits for an hour, or for another login.
//
// Loop thread. The owner does not destroy a Mailbox from a callback of the receiver.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/mail/curl_line.h"
#include "gateway/mail/imap_talk.h"
#include "gateway/mail/mailbox_sync.h"
#include "gateway/mail/turns.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

struct MailTimes {
  base::Millis first_pause = 2'000;
  base::Millis longest_pause = 300'000;
  base::Millis stable_after = 30'000;           // a connection that lived so long resets the pause
  base::Millis unauthorized_pause = 3'600'000;  // after the second refusal
  base::Millis idle_for = 540'000;    // then IDLE is renewed: NATs forget sooner than servers
  base::Millis poll_every = 60'000;   // without IDLE
  base::Millis answer = 60'000;       // without a byte of an answer that is awaited
  base::Millis again_pause = 30'000;  // after a mail that could not be stored
  base::Millis quota_every = 3'600'000;
};

class Mailbox final : LineHandler, ImapListener {
 public:
  struct Around {
    EventLoop& loop;
    CurlLoop& curl;
    messaging::mail::MailReceiver& receiver;
    Turns& connecting;
    Turns& bytes;
    // Called with each change.
    std::function<void(const messaging::mail::LineStatus&)> on_status;
    LineOptions line_options;
    MailTimes times;
  };
  Mailbox(const Around& around, messaging::mail::LineKey key, messaging::mail::MailLogin login,
          messaging::mail::MailCursor cursor, messaging::mail::WatchOptions options);
  ~Mailbox();

  void fetch(messaging::mail::MailPlace place, base::Completion<bool> done);
  void remove(std::vector<messaging::mail::MailPlace> places, base::Completion<> done);
  void try_now();  // ends a pause
  bool is_for(const messaging::mail::MailLogin& login,
              const messaging::mail::WatchOptions& options) const;

 private:
  enum class Phase : std::uint8_t { resting, turn, connecting, opening, ready, syncing, working };
  struct Removal {
    std::vector<messaging::mail::MailPlace> places;
    base::Completion<> done;
  };
  struct Download {
    messaging::mail::MailPlace place;
    base::Completion<bool> done;
  };

  void begin();
  void connect();
  void on_up() override;
  void on_bytes(std::string_view bytes) override;
  void on_down(LineFailure failure) override;
  void write(std::string bytes) override;
  void on_untagged(ImapResponse response) override;

  void capability();
  void select();
  void on_selected(const ImapResponse& answer);
  void ask_quota();
  void next();
  void sync();
  void on_synced(base::Result<SyncEnd> end);
  void do_removal();
  void do_download();
  void wait();
  void on_wait_over(const ImapResponse& answer);
  void on_timer();
  void wake();  // ends IDLE

  void drop(std::string words, bool unauthorized = false);
  void close_line();
  void fail_work();
  void show(messaging::mail::LineState state, std::string words);

  const Around around_;
  const messaging::mail::LineKey key_;
  const messaging::mail::MailLogin login_;
  const messaging::mail::WatchOptions options_;
  messaging::mail::MailCursor cursor_;
  messaging::mail::LineStatus status_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  Phase phase_ = Phase::resting;
  Timer timer_;   // of the phase: the end of a pause, the renewal of IDLE
  Timer answer_;  // a silent server
  int failures_ = 0;
  int refusals_ = 0;
  base::Millis up_at_ = 0;
  Turns::Turn turn_;

  // Of the connection, in the order of their need of each other.
  std::unique_ptr<CurlLine> line_;
  std::unique_ptr<ImapTalk> talk_;
  std::unique_ptr<MailboxSync> sync_;
  bool can_idle_ = false;
  bool uidplus_ = false;
  bool has_quota_ = false;
  base::Millis quota_at_ = 0;
  std::uint32_t uid_validity_ = 0;
  std::uint32_t uid_next_ = 0;  // as SELECT said it; 0: it did not
  std::uint32_t exists_ = 0;
  std::uint32_t known_ = 0;  // of exists_, those that a sync has seen
  bool synced_ = false;      // on this connection
  base::Millis again_at_ = 0;
  base::Millis idle_since_ = 0;
  int short_idles_ = 0;
  std::string bye_;

  std::deque<Removal> removals_;
  std::deque<Download> downloads_;
};

}  // namespace gateway::mail
