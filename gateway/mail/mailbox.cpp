#include "gateway/mail/mailbox.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/random.h"
#include "gateway/mail/acknowledgement.h"

namespace gateway::mail {
namespace {

using messaging::mail::LineState;
using messaging::mail::MailCursor;

constexpr std::uint32_t kFew = 50;            // mails whose heads are fetched without a search
constexpr std::size_t kMostWork = 10'000;     // removals and downloads that wait
constexpr std::size_t kMostPlaces = 100'000;  // of one removal
constexpr int kMostShortIdles = 3;

base::Error no_line() {
  return base::fail(base::Errc::unavailable, "there is no connection to the mail server now");
}

}  // namespace

Mailbox::Mailbox(const Around& around, messaging::mail::LineKey key,
                 messaging::mail::MailLogin login, MailCursor cursor,
                 messaging::mail::WatchOptions options)
    : around_(around),
      key_(key),
      login_(std::move(login)),
      options_(options),
      cursor_(cursor),
      timer_(around.loop, [this] { on_timer(); }),
      answer_(around.loop, [this] { drop("no answer in time"); }) {
  status_.key = key_;
  status_.addr = login_.addr;
  begin();
}

Mailbox::~Mailbox() {
  *alive_ = false;
  fail_work();
  sync_.reset();
  talk_.reset();
  line_.reset();
}

bool Mailbox::is_for(const messaging::mail::MailLogin& login,
                     const messaging::mail::WatchOptions& options) const {
  return login == login_ && options.after == options_.after &&
         options.largest_mail == options_.largest_mail;
}

void Mailbox::begin() {
  phase_ = Phase::turn;
  show(LineState::connecting, status_.imap_words);
  around_.connecting.ask(1, [this, alive = alive_](Turns::Turn turn) {
    if (!*alive) return;
    turn_ = std::move(turn);
    connect();
  });
}

void Mailbox::connect() {
  phase_ = Phase::connecting;
  LineHandler& handler = *this;
  line_ = std::make_unique<CurlLine>(around_.loop, around_.curl, handler);
  ImapLimits limits;
  limits.literals = static_cast<std::size_t>(options_.largest_mail) + 1024 * 1024;
  ImapListener& listener = *this;
  talk_ = std::make_unique<ImapTalk>(listener, limits);
  bye_.clear();
  line_->open(MailService::imap, login_.imap, login_.any_certificate, around_.line_options);
}

void Mailbox::on_up() {
  turn_.end();
  refusals_ = 0;
  status_.unauthorized = false;
  up_at_ = around_.loop.now();
  phase_ = Phase::opening;
  capability();
}

void Mailbox::write(std::string bytes) {
  if (!line_) return;  // it has just ended
  line_->write(bytes);
  answer_.arm(around_.times.answer);
}

void Mailbox::on_bytes(std::string_view bytes) {
  const auto read = talk_->feed(bytes);
  if (phase_ == Phase::resting) return;
  if (!read) return drop(read.error().message);
  if (talk_->waiting()) {
    answer_.arm(around_.times.answer);
  } else {
    answer_.disarm();
  }
}

void Mailbox::on_untagged(ImapResponse response) {
  switch (response.kind) {
    case ImapKind::capability:
      can_idle_ = std::ranges::count(response.words, "IDLE") != 0;
      uidplus_ = std::ranges::count(response.words, "UIDPLUS") != 0;
      has_quota_ = std::ranges::count(response.words, "QUOTA") != 0;
      return;
    case ImapKind::status:
      if (const auto number = response.code_number("UIDVALIDITY")) uid_validity_ = *number;
      if (const auto number = response.code_number("UIDNEXT")) uid_next_ = *number;
      return;
    case ImapKind::exists:
      exists_ = response.number;
      if (exists_ > known_) wake();
      return;
    case ImapKind::expunge:
      if (exists_ > 0) --exists_;
      if (known_ > 0) --known_;
      return;
    case ImapKind::quota:
      status_.quota_known = true;
      status_.quota_used = response.quota.used;
      status_.quota_limit = response.quota.limit;
      return;
    case ImapKind::bye:
      bye_ = response.text;
      return;
    case ImapKind::fetch:
    case ImapKind::search:
      if (sync_) sync_->on_untagged(std::move(response));
      return;
    default:
      return;
  }
}

void Mailbox::capability() {
  talk_->command("CAPABILITY", [this](const ImapResponse& answer) {
    if (answer.status != ImapStatus::ok) return drop("CAPABILITY: " + answer.text);
    select();
  });
}

void Mailbox::select() {
  uid_validity_ = uid_next_ = exists_ = known_ = 0;
  synced_ = false;
  talk_->command("SELECT INBOX", [this](const ImapResponse& answer) { on_selected(answer); });
}

void Mailbox::on_selected(const ImapResponse& answer) {
  if (answer.status != ImapStatus::ok) {
    return drop("opening the INBOX: the server answered \"" + answer.text + "\"");
  }
  if (uid_validity_ == 0) {
    return drop(
        "opening the INBOX: the server names no UIDVALIDITY, without which mails have no "
        "lasting numbers");
  }
  if (cursor_.uid_validity != uid_validity_) {
    if (cursor_.uid_validity != 0) {
      base::log::info("mail: {}: the mailbox was numbered anew; its mails are looked at again",
                      login_.imap.place());
    }
    cursor_ = {uid_validity_, 1};
    around_.receiver.cursor_moved(key_, cursor_);
  }
  cursor_.next_uid = std::max<std::uint32_t>(cursor_.next_uid, 1);
  sync_ = std::make_unique<MailboxSync>(MailboxSync::Around{
      around_.loop, *talk_, around_.receiver, around_.bytes, key_, options_, uidplus_});
  known_ = exists_;
  phase_ = Phase::ready;
  if (has_quota_) return ask_quota();
  next();
}

void Mailbox::ask_quota() {
  phase_ = Phase::working;
  quota_at_ = around_.loop.now();
  const auto before = status_;
  talk_->command("GETQUOTAROOT INBOX", [this, before](const ImapResponse&) {
    if (status_ != before) show(status_.imap, status_.imap_words);
    phase_ = Phase::ready;
    next();
  });
}

// The work to be done now, while the connection is ready and idle.
void Mailbox::next() {
  if (!removals_.empty()) return do_removal();
  if (!downloads_.empty()) return do_download();
  const base::Millis now = around_.loop.now();
  if (!synced_ || exists_ > known_ || (again_at_ != 0 && now >= again_at_)) return sync();
  if (has_quota_ && now - quota_at_ >= around_.times.quota_every) return ask_quota();
  if (now - up_at_ >= around_.times.stable_after) failures_ = 0;
  wait();
}

void Mailbox::sync() {
  MailboxSync::Extent extent;
  const std::uint32_t fresh = exists_ - std::min(known_, exists_);
  if (!synced_) {
    if (uid_next_ != 0) extent.last_uid = uid_next_ - 1;
    extent.few = exists_ <= kFew ||
                 (uid_next_ != 0 && uid_next_ - std::min(cursor_.next_uid, uid_next_) <= kFew);
  } else {
    extent.few = fresh <= kFew && again_at_ == 0;
  }
  // With a last number, mails that came after SELECT are the next sync's.
  if (!extent.last_uid) known_ = exists_;
  synced_ = true;
  again_at_ = 0;
  phase_ = Phase::syncing;
  // Without news, no "working" for a moment.
  if (!extent.last_uid || cursor_.next_uid <= *extent.last_uid) show(LineState::working, {});
  sync_->run(cursor_, extent, [this](base::Result<SyncEnd> end) { on_synced(std::move(end)); });
}

void Mailbox::on_synced(base::Result<SyncEnd> end) {
  cursor_ = sync_->cursor();
  status_.mails_in += sync_->count_taken();
  if (!end) return drop(end.error().message);
  if (!end->refused.empty()) {
    base::log::warning("mail: {}: mails could not be marked or deleted: the server answered \"{}\"",
                       login_.imap.place(), end->refused);
  }
  if (end->again) again_at_ = around_.loop.now() + around_.times.again_pause;
  phase_ = Phase::ready;
  next();
}

void Mailbox::do_removal() {
  Removal removal = std::move(removals_.front());
  removals_.pop_front();
  std::vector<std::uint32_t> uids;
  for (const auto& place : removal.places) {
    if (place.uid_validity == uid_validity_) uids.push_back(place.uid);
  }
  if (uids.empty()) {
    removal.done({});
    return next();
  }
  std::ranges::sort(uids);
  phase_ = Phase::working;
  acknowledge(
      *talk_, std::move(uids), messaging::mail::MailAfter::remove, uidplus_,
      [this, done = std::move(removal.done)](const std::string& refused) mutable {
        if (refused.empty()) {
          done({});
        } else {
          done(base::fail(base::Errc::unavailable,
                          login_.imap.place() + ": the server answered \"" + refused + "\""));
        }
        phase_ = Phase::ready;
        next();
      });
}

void Mailbox::do_download() {
  Download download = std::move(downloads_.front());
  downloads_.pop_front();
  if (download.place.uid_validity != uid_validity_) {
    download.done(false);
    return next();
  }
  phase_ = Phase::working;
  sync_->fetch_one(download.place, std::move(download.done), [this](const base::Result<>&) {
    phase_ = Phase::ready;
    next();
  });
}

void Mailbox::wait() {
  show(LineState::connected, {});
  idle_since_ = around_.loop.now();
  base::Millis until = can_idle_ ? around_.times.idle_for : around_.times.poll_every;
  if (again_at_ != 0) until = std::clamp<base::Millis>(again_at_ - idle_since_, 1, until);
  timer_.arm(until);
  if (can_idle_) {
    talk_->idle([this](const ImapResponse& answer) { on_wait_over(answer); });
  }
}

void Mailbox::on_wait_over(const ImapResponse& answer) {
  timer_.disarm();
  // A server that refuses IDLE, or ends it at once, is polled.
  const bool at_once =
      exists_ <= known_ && removals_.empty() && downloads_.empty() && again_at_ == 0 &&
      around_.loop.now() - idle_since_ < std::min<base::Millis>(1'000, around_.times.idle_for);
  short_idles_ = at_once ? short_idles_ + 1 : 0;
  if (answer.status != ImapStatus::ok || short_idles_ > kMostShortIdles) can_idle_ = false;
  next();
}

// Renews IDLE, or polls.
void Mailbox::on_timer() {
  if (phase_ == Phase::resting) return begin();
  if (phase_ != Phase::ready) return;
  if (talk_->idling()) return talk_->end_idle();
  if (talk_->busy()) return;
  talk_->command("NOOP", [this](const ImapResponse&) { next(); });
}

void Mailbox::wake() {
  if (phase_ != Phase::ready || !talk_) return;
  if (talk_->idling()) return talk_->end_idle();
  if (!talk_->busy() && timer_.armed()) {  // between two polls
    timer_.disarm();
    next();
  }
}

void Mailbox::fetch(messaging::mail::MailPlace place, base::Completion<bool> done) {
  const bool up = phase_ >= Phase::ready;
  if (!up || downloads_.size() >= kMostWork) return done(no_line());
  downloads_.push_back({place, std::move(done)});
  wake();
}

void Mailbox::remove(std::vector<messaging::mail::MailPlace> places, base::Completion<> done) {
  const bool up = phase_ >= Phase::ready;
  if (!up || removals_.size() >= kMostWork || places.size() > kMostPlaces) return done(no_line());
  removals_.push_back({std::move(places), std::move(done)});
  wake();
}

void Mailbox::try_now() {
  if (phase_ != Phase::resting) return;
  failures_ = 0;
  timer_.disarm();
  begin();
}

void Mailbox::on_down(LineFailure failure) {
  if (phase_ == Phase::resting) return;
  std::string words = std::move(failure.words);
  if (!bye_.empty()) words += "; it had said \"" + bye_ + "\"";
  // The words name the place already.
  const std::string place = login_.imap.place();
  if (words.starts_with(place)) {
    words.erase(0, place.size());
    words.erase(0, std::min(words.find_first_not_of(":, "), words.size()));
  }
  drop(std::move(words), failure.unauthorized);
}

void Mailbox::drop(std::string words, bool unauthorized) {
  if (phase_ == Phase::resting) return;
  phase_ = Phase::resting;
  close_line();
  fail_work();
  refusals_ = unauthorized ? refusals_ + 1 : 0;
  status_.unauthorized = refusals_ > 1;
  const base::Millis grown = around_.times.first_pause << std::min(failures_, 20);
  ++failures_;
  const base::Millis full = status_.unauthorized ? around_.times.unauthorized_pause
                                                 : std::min(grown, around_.times.longest_pause);
  const auto jitter =
      static_cast<base::Millis>(crypto::random_u64() % static_cast<std::uint64_t>(full / 2 + 1));
  const base::Millis pause = full - jitter;
  timer_.arm(pause);
  status_.next_try = around_.loop.clock().now() + pause;
  base::log::debug("mail: {}: {}", login_.imap.place(), words);
  show(LineState::not_connected, login_.imap.place() + ": " + std::move(words));
  status_.next_try = 0;
}

// The objects of the connection may be in the middle of a callback.
void Mailbox::close_line() {
  turn_.end();
  answer_.disarm();
  timer_.disarm();
  if (line_) line_->stop();
  if (talk_) talk_->stop();
  if (sync_) sync_->stop();
  around_.curl.later(
      [line = std::move(line_), talk = std::move(talk_), sync = std::move(sync_)]() mutable {
        sync.reset();
        talk.reset();
        line.reset();
      });
}

void Mailbox::fail_work() {
  for (Removal& removal : std::exchange(removals_, {})) removal.done(no_line());
  for (Download& download : std::exchange(downloads_, {})) download.done(no_line());
}

void Mailbox::show(LineState state, std::string words) {
  status_.imap = state;
  status_.imap_words = std::move(words);
  around_.on_status(status_);
}

}  // namespace gateway::mail
