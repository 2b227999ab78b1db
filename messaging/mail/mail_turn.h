// MailTurn: one turn of an account's route: its mails in order, one after the other by one
// connection. Meanwhile workers make the next ones, a few and of bounded size, and the writer
// records what became of those before.
//
// A mail that the server has accepted is delivered, and its rows are deleted. A crash before that
// commit sends it again with the same Message-ID, which the other side recognises; at most
// kMostUnrecorded mails are in that state. An answer that stops the account (a busy server, a rate
// limit, a refused login, no connection) ends the turn, and the rest waits in the outbox. Answers
// to single recipients do not: the message to a refused recipient fails, a deferred recipient is
// held (held_recipients.h).
//
// Safe from any thread. The turn keeps itself until it has answered.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "messaging/kernel/protocol.h"
#include "messaging/mail/group_introductions.h"
#include "messaging/mail/held_recipients.h"
#include "messaging/mail/mail_composer.h"
#include "messaging/mail/mail_transport.h"
#include "messaging/mail/mail_workers.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

class MailTurn : public std::enable_shared_from_this<MailTurn> {
 public:
  struct Around {
    kernel::Core& core;
    MailTransport& transport;
    OwnKeys& keys;
    MailWorkers& workers;
    HeldRecipients& held;
    GroupIntroductions& introductions;
  };
  // `failures`: of the route before this turn, consecutive.
  MailTurn(const Around& around, RouteKey route, std::deque<MailLoad> loads, int failures,
           kernel::Protocol::Carried done);
  void start() { go_on(); }

 private:
  static constexpr std::size_t kMostAhead = 3;  // mails that are made and wait
  static constexpr std::size_t kMostAheadBytes = 256 * 1024;
  static constexpr std::size_t kMostUnrecorded = 2;

  // A mail on its way; in a large one's case two.
  struct Item {
    MailLoad load;
    Composed composed;
    std::string why_not;  // it can never be composed
    std::size_t bytes = 0;
    std::size_t at = 0;  // of composed.mails
    std::vector<SubmitReply::Recipient> refused;
    std::vector<std::string> waiting;  // recipients that the server deferred or did not get to
  };
  using ItemPtr = std::shared_ptr<Item>;
  struct Chosen {
    LineKey line;
    MailLogin login;
  };

  // Begins all work that can begin now, or answers.
  void go_on();
  bool may_make_next() const REQUIRES(mutex_);
  void make(MailLoad load);
  // nullptr: no row of it is left to be sent.
  base::Result<ItemPtr> prepare(MailLoad load);
  base::Result<Chosen> choose_login(const store::Scope& scope) const;
  void submit(const ItemPtr& item);
  void answered(const ItemPtr& item, SubmitReply reply);
  void record(const ItemPtr& item, std::string given_up);
  // No further mail is begun.
  void stop(kernel::CarryReply reply);

  const Around around_;
  const RouteKey route_;
  const int failures_;

  base::Mutex mutex_;
  std::deque<MailLoad> loads_ GUARDED_BY(mutex_);  // to be made
  std::deque<ItemPtr> ready_ GUARDED_BY(mutex_);
  std::size_t ready_bytes_ GUARDED_BY(mutex_) = 0;
  bool making_ GUARDED_BY(mutex_) = false;
  bool sending_ GUARDED_BY(mutex_) = false;
  std::size_t unrecorded_ GUARDED_BY(mutex_) = 0;
  std::optional<kernel::CarryReply> reply_ GUARDED_BY(mutex_);  // nothing: all went
  kernel::Protocol::Carried done_ GUARDED_BY(mutex_);
  std::optional<Chosen> chosen_;  // one worker after the other
};

}  // namespace messaging::mail
