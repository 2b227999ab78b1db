// MailTransport: how mails leave this daemon and reach it. messaging declares it, gateway/mail
// implements it over IMAP and SMTP, and daemon joins the two. MailReceiver is the other end, which
// messaging/mail implements: it judges what lies in a mailbox and takes what is wanted.
//
// A line is one account's use of one login (LineKey). Nothing is acknowledged to a server (deleted
// or marked as seen, if anything) before the receiver has said that it is committed.
//
// Threads: every function of MailTransport may be called from any thread and never blocks.
// Functions of MailReceiver are called on the mail thread and must not block, nor touch the disk:
// they queue their work and answer through the Completion, from any thread. Answers of one
// transport come on the mail thread. After close() nothing is called any more but outstanding
// completions, which are answered with an error.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/completion.h"
#include "base/ids.h"
#include "messaging/mail/mail_login.h"

namespace messaging::mail {

// `transport` is the number of the login's row, unique in its account; never 0.
struct LineKey {
  base::AccountId account{};
  std::int64_t transport = 0;
  friend auto operator<=>(const LineKey&, const LineKey&) = default;
};

// Where a mail lies. A place of another UIDVALIDITY means nothing any more.
struct MailPlace {
  std::uint32_t uid_validity = 0;
  std::uint32_t uid = 0;
  friend auto operator<=>(const MailPlace&, const MailPlace&) = default;
};

// Everything below `next_uid` was settled: taken, left or discarded. {0, 0}: a mailbox never seen.
struct MailCursor {
  std::uint32_t uid_validity = 0;
  std::uint32_t next_uid = 0;
  friend auto operator<=>(const MailCursor&, const MailCursor&) = default;
};

// A mail before it is downloaded.
struct MailHead {
  MailPlace place;
  std::uint64_t size = 0;  // of the whole mail, as the server says
  bool seen = false;       // \Seen is set
  // The header block with these fields alone, as sent, CRLF: Message-ID, Date, From, Content-Type,
  // Chat-Version, Chat-Is-Post-Message, Secure-Join, Auto-Submitted, In-Reply-To, References,
  // X-Microsoft-Original-Message-ID. At most kMostHead bytes; a longer one comes empty.
  base::Bytes headers;
};
inline constexpr std::size_t kMostHead = 16 * 1024;

enum class MailWish : std::uint8_t {
  take,     // download it; arrived() follows
  leave,    // not ours: it stays as it is on the server
  discard,  // we have it already: acknowledged as if it had been taken
  later,    // it stays; fetch() may ask for it
};

enum class MailTaken : std::uint8_t {
  taken,  // committed, or committed that it is of no use: acknowledged on the server
  kept,   // committed, and the mail is to stay as it is on the server
  again,  // not committed (a full disk, a shutdown): it is offered again after a pause
};

// What becomes of a mail on the server once it was taken or discarded.
enum class MailAfter : std::uint8_t {
  mark_seen = 1,
  remove = 2,
  leave = 3,  // other devices read the mailbox, and take a seen mail for one that somebody read
};

enum class LineState : std::uint8_t { not_connected, connecting, working, connected };

// What is known of a line now, for people and figures. `words` say what went wrong last: which
// server, which step, what it answered; "" while all is well.
struct LineStatus {
  LineKey key;
  std::string addr;
  LineState imap = LineState::not_connected;
  std::string imap_words;
  LineState smtp =
      LineState::not_connected;  // connected: the last mail was accepted, or none was tried
  std::string smtp_words;
  bool unauthorized =
      false;  // a server refused the password: the line waits for a new one or an hour
  bool quota_known = false;
  std::uint64_t quota_used = 0;   // bytes
  std::uint64_t quota_limit = 0;  // bytes; 0: none
  std::uint64_t mails_in = 0;     // since the start
  std::uint64_t mails_out = 0;
  base::UnixMillis next_try = 0;  // 0: not waiting
  friend bool operator==(const LineStatus&, const LineStatus&) = default;
};

class MailReceiver {
 public:
  virtual ~MailReceiver() = default;

  // Judges mails in the order in which they lie in the mailbox; the answer has one wish for each.
  // At most kMostHeads at once; the next call for this line comes after the answer. An error, or an
  // answer of another size, is asked again after a pause.
  virtual void judge(LineKey line, std::vector<MailHead> heads,
                     base::Completion<std::vector<MailWish>> done) = 0;

  // A whole mail. Several may be under way for a line, kMostMailsUnderWay and kMostUnderWay bytes
  // at once; they are given in the mailbox's order, and settle in any. An error counts as `again`.
  virtual void arrived(LineKey line, MailPlace place, base::Bytes mail,
                       base::Completion<MailTaken> done) = 0;

  // A wanted mail cannot be had: it is over the size limit, or is gone from the server, or the
  // server does not give it. It counts as settled.
  virtual void missed(LineKey line, MailHead head, std::string why) = 0;

  // All before the cursor is settled. To be stored; a cursor that is lost costs heads that are
  // offered again. When the mailbox's UIDVALIDITY changed, the cursor is {new, 1} and all of it is
  // offered anew: judge() knows by Message-ID what is here already.
  virtual void cursor_moved(LineKey line, MailCursor cursor) = 0;

  // Something in the line's status changed. MailTransport::lines() has it.
  virtual void status_changed(const LineStatus& status) = 0;
};
inline constexpr std::size_t kMostHeads = 100;
inline constexpr std::size_t kMostUnderWay = 4 * 1024 * 1024;  // one mail may be larger, alone
// A mail that is opened takes several times its size: keys, files, what is to be written.
inline constexpr std::size_t kMostMailsUnderWay = 48;

// Larger mails stay on the server. Bytes.
inline constexpr std::uint64_t kLargestMail = 40 * 1024 * 1024;

struct WatchOptions {
  MailAfter after = MailAfter::mark_seen;
  std::uint64_t largest_mail = kLargestMail;  // larger ones are missed()
};

// One mail as it is sent. `text` is the whole mail with CRLF line ends, seven bits.
struct Mail {
  std::string from;
  std::vector<std::string> recipients;
  base::Bytes text;
};

enum class SubmitOutcome : std::uint8_t {
  accepted,      // by the server, for all recipients but those in `refused` and `deferred`
  later,         // 4xx, too many connections, or a pause that the server asked for before
  refused,       // 5xx: for good
  unauthorized,  // the server refused the login
  unreachable,   // no answer, a broken answer, a certificate that does not fit
};

struct SubmitReply {
  SubmitOutcome outcome = SubmitOutcome::unreachable;
  std::string words;       // which server, which step, its answer; "" when accepted for all
  base::Millis pause = 0;  // the minimum before another try; 0: the server named none
  struct Recipient {
    std::string addr;
    std::string words;
  };
  // The server's answers to single recipients, whatever the outcome: 5xx and 4xx. They say nothing
  // of the other recipients, nor of the account's other mails.
  std::vector<Recipient> refused;
  std::vector<Recipient> deferred;
  // Recipients go in chunks of kRecipientsAtOnce. When the outcome is neither accepted nor refused
  // these were not served because the transaction ended, and another try is for them alone.
  std::vector<std::string> left;
};
inline constexpr std::size_t kRecipientsAtOnce = 50;

// What configure() found out by logging in.
struct Configured {
  MailLogin login;
  bool is_chatmail = false;        // the server says XCHATMAIL
  std::uint64_t largest_mail = 0;  // SIZE of the SMTP server; 0: not said
};

class MailTransport {
 public:
  virtual ~MailTransport() = default;

  // Before the first watch().
  virtual void set_receiver(MailReceiver& receiver) = 0;

  // Completes the request (an account is made on a relay, servers are found) and logs in to both
  // servers. Progress is 0 to 1000 of this part. The error says which server, which step and what
  // it answered. `stop`, when given, is asked between steps.
  virtual void configure(LoginRequest request, std::function<void(int permille)> progress,
                         std::function<bool()> stop, base::Completion<Configured> done) = 0;

  // Sends one mail. Errors of the Completion are reserved for bugs and shutdown; all that a server
  // does is a reply. Mails of one line are sent one after the other, in the order of the calls.
  virtual void submit(LineKey line, MailLogin login, Mail mail,
                      base::Completion<SubmitReply> done) = 0;

  // Keeps a line to the mailbox until unwatch(): connects, waits for mails, connects again. With
  // another login or other options for the same line the line begins anew.
  virtual void watch(LineKey line, MailLogin login, MailCursor cursor, WatchOptions options) = 0;
  virtual void unwatch(LineKey line) = 0;
  virtual void forget(base::AccountId account) = 0;  // unwatch() for all its lines

  // Downloads one mail that was left for later; arrived() gives it. False: it is gone, from a place
  // that means nothing any more too. An error: no line now.
  virtual void fetch(LineKey line, MailPlace place, base::Completion<bool> done) = 0;
  // Deletes mails on the server. Answered when the server has done it; places that mean nothing any
  // more count as done. An error: not now, ask again.
  virtual void remove(LineKey line, std::vector<MailPlace> places, base::Completion<> done) = 0;
  // The network may be there again: lines that wait for another try connect now.
  virtual void network_is_back() = 0;

  // What is known now of an account's lines, or of all lines (nullopt). From memory.
  virtual std::vector<LineStatus> lines(std::optional<base::AccountId> account) const = 0;
};

}  // namespace messaging::mail
