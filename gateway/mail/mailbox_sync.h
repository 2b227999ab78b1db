// MailboxSync: offers what lies in a selected mailbox from a cursor on: finds the numbers, fetches
// heads, has them judged, downloads what is wanted, and acknowledges what was committed.
//
//   search -> heads -> judge -> bodies -> acknowledge -> cursor -> the next heads …
//
// Memory is bounded: kMostHeads heads, kMostUnderWay bytes of mails that are not settled, 95,000
// numbers. The cursor passes a mail only when it is settled, and after the acknowledgement, so that
// a lost connection costs heads that are offered again. A few mails that cannot be settled keep
// none behind them waiting. What the server sends unasked, or beyond what it announced, is dropped.
//
// Loop thread; of one connection, and destroyed with it, not from its callbacks. Answers of the
// receiver that come later are dropped.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/mail/imap_talk.h"
#include "gateway/mail/turns.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

struct SyncEnd {
  bool again = false;   // a mail was not settled: the cursor stands before it
  std::string refused;  // the server's words, when it refused to acknowledge; "": it did not
};

class MailboxSync {
 public:
  struct Around {
    EventLoop& loop;
    ImapTalk& talk;
    messaging::mail::MailReceiver& receiver;
    Turns& bytes;
    messaging::mail::LineKey line;
    messaging::mail::WatchOptions options;
    bool uidplus;
  };
  explicit MailboxSync(const Around& around);
  ~MailboxSync();
  MailboxSync(const MailboxSync&) = delete;
  MailboxSync& operator=(const MailboxSync&) = delete;

  // What is known of the mails from the cursor on.
  struct Extent {
    std::optional<std::uint32_t> last_uid;  // none has a higher number
    bool few = false;                       // at most some tens of mails
  };
  // The talk is not busy until `done`. An error: the connection is of no use.
  using Done = base::UniqueFunction<void(base::Result<SyncEnd>)>;
  void run(messaging::mail::MailCursor from, const Extent& extent, Done done);
  // FETCH and SEARCH answers.
  void on_untagged(ImapResponse response);

  // Downloads one mail; `done`: false when it is not there.
  void fetch_one(messaging::mail::MailPlace place, base::Completion<bool> done,
                 base::UniqueFunction<void(base::Result<>)> ended);

  // The connection has ended: answers of the receiver are dropped from now on.
  void stop() { *alive_ = false; }
  messaging::mail::MailCursor cursor() const { return cursor_; }
  // Mails that were taken since the last call.
  std::uint64_t count_taken() { return std::exchange(taken_, 0); }

 private:
  // open: to be downloaded. requested: in a command that runs. given: to the receiver.
  enum class ItemState : std::uint8_t { open, requested, given, settled, acknowledge, again };
  struct Item {
    messaging::mail::MailHead head;
    ItemState state = ItemState::settled;
    std::size_t given = 0;  // bytes
  };

  void search();
  void on_found(const ImapResponse& answer, std::uint32_t last);
  void next_heads();
  void fetch_heads(const std::string& set);
  void on_heads(const ImapResponse& answer);
  void judge();
  void on_judged(const base::Result<std::vector<messaging::mail::MailWish>>& wishes);
  void next_bodies();
  void fetch_bodies(std::vector<std::uint32_t> uids);
  void on_bodies(const ImapResponse& answer, const std::vector<std::uint32_t>& uids);
  void on_body(std::uint32_t uid, base::Bytes body);
  void settle(std::uint32_t uid, ItemState state);
  void end_chunk();
  void on_acknowledged(std::string refused);
  void move_cursor(std::uint32_t next_uid);
  void finish(base::Result<SyncEnd> end);
  SyncEnd ended() const;
  void settle_one();
  void finish_one(bool there);
  // Called from any thread with a result; `work` gets it on the loop, unless this object is gone.
  template <class T, class F>
  base::Completion<T> on_loop(F work);

  const Around around_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Done done_;
  messaging::mail::MailCursor cursor_;
  Extent extent_;
  std::uint32_t window_ = 0;  // how many numbers a search spans
  std::vector<std::uint32_t> found_;
  std::size_t found_at_ = 0;  // the next of them to be offered
  std::uint32_t searched_to_ = 0;
  std::uint32_t search_from_ = 0;  // while a search runs: the least and the highest number
  std::uint32_t search_to_ = 0;
  bool direct_ = false;  // heads are fetched without a search
  bool more_ = false;    // a direct fetch gave more than is taken at once

  std::uint32_t heads_from_ = 0;  // while heads are fetched: the least and the highest number
  std::uint32_t heads_to_ = 0;
  std::map<std::uint32_t, Item> chunk_;
  // The first mail of this run that has to be offered again: the cursor does not pass it. What
  // lies behind it is offered all the same.
  std::optional<std::uint32_t> stands_at_;
  std::size_t agains_ = 0;
  bool one_by_one_ = false;  // the server refused several bodies in one command
  std::size_t under_way_ = 0;  // bytes
  bool asking_ = false;                // for bodies
  std::shared_ptr<Turns::Turn> turn_;  // of the bodies that are asked for
  std::string refused_;
  std::uint64_t taken_ = 0;

  struct One {  // of fetch_one()
    messaging::mail::MailPlace place;
    bool came = false;      // the body
    bool answered = false;  // the command
    std::optional<messaging::mail::MailTaken> taken;
    base::Completion<bool> done;
    base::UniqueFunction<void(base::Result<>)> ended;
  };
  std::optional<One> one_;
};

}  // namespace gateway::mail
