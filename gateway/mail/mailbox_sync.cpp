#include "gateway/mail/mailbox_sync.h"

#include <algorithm>
#include <utility>

#include "gateway/mail/acknowledgement.h"

namespace gateway::mail {
namespace {

using messaging::mail::MailAfter;
using messaging::mail::MailHead;
using messaging::mail::MailTaken;
using messaging::mail::MailWish;

constexpr std::uint32_t kFirstWindow = 2'000;
constexpr std::uint32_t kMostWindow = 64'000;  // all of them make a line of 700 kB
constexpr std::uint32_t kMostUid = ~std::uint32_t{0};
constexpr std::size_t kBodiesAtOnce = 24;  // in one command
constexpr std::uint64_t kBytesAtOnce = 1024 * 1024;
constexpr std::size_t kMostFound = 100'000;  // numbers of one search
// Mails of one run that are to be offered again, before others behind them wait, too.
constexpr std::size_t kMostAgain = 10;
// Some servers count line ends otherwise.
constexpr std::uint64_t room_for(std::uint64_t announced) { return 2 * announced + 64 * 1024; }
constexpr std::string_view kHeadItems =
    " (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM CONTENT-TYPE "
    "CHAT-VERSION CHAT-IS-POST-MESSAGE SECURE-JOIN AUTO-SUBMITTED IN-REPLY-TO REFERENCES "
    "X-MICROSOFT-ORIGINAL-MESSAGE-ID)])";

}  // namespace

MailboxSync::MailboxSync(const Around& around) : around_(around) {}
MailboxSync::~MailboxSync() {
  *alive_ = false;
  if (one_) one_->done(base::fail(base::Errc::unavailable, "the connection to the server ended"));
}

template <class T, class F>
base::Completion<T> MailboxSync::on_loop(F work) {
  return [&loop = around_.loop, alive = alive_,
          work = std::move(work)](base::Result<T> result) mutable {
    loop.post(
        [alive = std::move(alive), work = std::move(work), result = std::move(result)]() mutable {
          if (*alive) work(std::move(result));
        });
  };
}

void MailboxSync::run(messaging::mail::MailCursor from, const Extent& extent, Done done) {
  done_ = std::move(done);
  cursor_ = from;
  extent_ = extent;
  window_ = kFirstWindow;
  searched_to_ = 0;
  found_.clear();
  found_at_ = 0;
  chunk_.clear();
  more_ = false;
  refused_.clear();
  stands_at_.reset();
  agains_ = 0;
  if (extent.last_uid && cursor_.next_uid > *extent.last_uid) return finish(SyncEnd{});
  direct_ = extent.few;
  if (!direct_) return search();
  heads_from_ = cursor_.next_uid;
  heads_to_ = extent.last_uid.value_or(kMostUid);
  fetch_heads(std::to_string(cursor_.next_uid) + ":" +
              (extent.last_uid ? std::to_string(*extent.last_uid) : "*"));
}

void MailboxSync::search() {
  const std::uint32_t from = std::max(cursor_.next_uid, searched_to_ + 1);
  std::uint32_t last = extent_.last_uid.value_or(kMostUid);
  if (from > last || searched_to_ == kMostUid) return finish(ended());
  if (extent_.last_uid && last - from >= window_) last = from + window_ - 1;
  found_.clear();
  found_at_ = 0;
  search_from_ = from;
  search_to_ = last;
  around_.talk.command("UID SEARCH UID " + std::to_string(from) + ":" +
                           (extent_.last_uid ? std::to_string(last) : "*"),
                       [this, last](const ImapResponse& answer) {
                         search_to_ = 0;
                         on_found(answer, last);
                       });
}

void MailboxSync::on_found(const ImapResponse& answer, std::uint32_t last) {
  if (answer.status != ImapStatus::ok) {
    return finish(base::fail(base::Errc::unavailable, "search: " + answer.text));
  }
  std::ranges::sort(found_);
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  searched_to_ = last;
  if (!found_.empty()) {
    window_ = kFirstWindow;
    return next_heads();
  }
  if (!extent_.last_uid) return finish(ended());
  window_ = std::min(window_ * 8, kMostWindow);
  if (last != kMostUid) move_cursor(last + 1);
  search();
}

void MailboxSync::next_heads() {
  chunk_.clear();
  if (found_at_ >= found_.size()) {
    if (extent_.last_uid && searched_to_ != kMostUid) move_cursor(searched_to_ + 1);
    return search();
  }
  const std::size_t count = std::min(messaging::mail::kMostHeads, found_.size() - found_at_);
  heads_from_ = found_[found_at_];
  heads_to_ = found_[found_at_ + count - 1];
  fetch_heads(uid_set(found_, found_at_, count));
  found_at_ += count;
}

void MailboxSync::fetch_heads(const std::string& set) {
  around_.talk.command("UID FETCH " + set + std::string(kHeadItems),
                       [this](const ImapResponse& answer) { on_heads(answer); });
}

void MailboxSync::on_untagged(ImapResponse response) {
  if (response.kind == ImapKind::search) {
    for (const std::uint32_t uid : response.uids) {
      if (uid < search_from_ || uid > search_to_ || found_.size() >= kMostFound) continue;
      found_.push_back(uid);
    }
    return;
  }
  if (response.kind != ImapKind::fetch || !response.fetch.uid) return;
  ImapFetch& fetch = response.fetch;
  const std::uint32_t uid = *fetch.uid;
  if (fetch.body) return on_body(uid, std::move(*fetch.body));
  if (heads_to_ == 0 || uid < heads_from_ || uid > heads_to_ || !fetch.size || !fetch.header)
    return;
  if (!direct_ && !std::binary_search(found_.begin(), found_.end(), uid)) return;
  if (chunk_.size() >= messaging::mail::kMostHeads && !chunk_.contains(uid)) {
    // The highest numbers are dropped, so that the cursor does not pass mails that were not
    // offered.
    more_ = true;
    if (uid > chunk_.rbegin()->first) return;
    chunk_.erase(std::prev(chunk_.end()));
  }
  MailHead head;
  head.place = {cursor_.uid_validity, uid};
  head.size = *fetch.size;
  head.seen = fetch.seen;
  if (fetch.header->size() <= messaging::mail::kMostHead) head.headers = std::move(*fetch.header);
  chunk_.insert_or_assign(uid, Item{std::move(head), ItemState::settled, 0});
}

void MailboxSync::on_heads(const ImapResponse& answer) {
  heads_to_ = 0;
  if (answer.status != ImapStatus::ok) {
    return finish(base::fail(base::Errc::unavailable, "fetch: " + answer.text));
  }
  if (chunk_.empty()) return end_chunk();
  judge();
}

void MailboxSync::judge() {
  std::vector<MailHead> heads;
  heads.reserve(chunk_.size());
  for (const auto& [uid, item] : chunk_) heads.push_back(item.head);
  around_.receiver.judge(
      around_.line, std::move(heads),
      on_loop<std::vector<MailWish>>([this](const auto& wishes) { on_judged(wishes); }));
}

void MailboxSync::on_judged(const base::Result<std::vector<MailWish>>& wishes) {
  if (!wishes || wishes->size() != chunk_.size()) return finish(SyncEnd{true, refused_});
  std::size_t at = 0;
  for (auto& [uid, item] : chunk_) {
    const MailWish wish = (*wishes)[at++];
    // One that is marked already costs no command each time that it is looked at.
    const bool marked = item.head.seen && around_.options.after == MailAfter::mark_seen;
    if (wish == MailWish::discard && !marked) item.state = ItemState::acknowledge;
    if (wish != MailWish::take) continue;
    if (item.head.size <= around_.options.largest_mail) {
      item.state = ItemState::open;
    } else {
      around_.receiver.missed(around_.line, item.head,
                              "it has " + std::to_string(item.head.size) +
                                  " bytes, which is over the limit of " +
                                  std::to_string(around_.options.largest_mail));
    }
  }
  next_bodies();
}

void MailboxSync::next_bodies() {
  if (asking_) return;
  std::vector<std::uint32_t> uids;
  std::uint64_t bytes = 0;
  const auto given = static_cast<std::size_t>(std::ranges::count_if(
      chunk_, [](const auto& one) { return one.second.state == ItemState::given; }));
  // Few commands, each for many.
  if (given > messaging::mail::kMostMailsUnderWay - kBodiesAtOnce) return;
  for (const auto& [uid, item] : chunk_) {
    if (item.state != ItemState::open) continue;
    if (!uids.empty() &&
        (one_by_one_ || uids.size() >= kBodiesAtOnce || bytes + item.head.size > kBytesAtOnce)) {
      break;
    }
    uids.push_back(uid);
    bytes += item.head.size;
  }
  if (uids.empty()) {
    if (given == 0) end_chunk();
    return;
  }
  if (under_way_ > 0 && under_way_ + bytes > messaging::mail::kMostUnderWay) return;
  asking_ = true;
  around_.bytes.ask(bytes,
                    [this, alive = alive_, uids = std::move(uids)](Turns::Turn turn) mutable {
                      if (!*alive) return;
                      turn_ = std::make_shared<Turns::Turn>(std::move(turn));
                      fetch_bodies(std::move(uids));
                    });
}

void MailboxSync::fetch_bodies(std::vector<std::uint32_t> uids) {
  for (const std::uint32_t uid : uids) chunk_.at(uid).state = ItemState::requested;
  const std::string set = uid_set(uids, 0, uids.size());
  around_.talk.command(
      "UID FETCH " + set + " (UID BODY.PEEK[])",
      [this, uids = std::move(uids)](const ImapResponse& answer) { on_bodies(answer, uids); });
}

void MailboxSync::on_body(std::uint32_t uid, base::Bytes body) {
  const messaging::mail::MailPlace place{cursor_.uid_validity, uid};
  if (one_) {
    if (one_->place.uid != uid || one_->came) return;
    one_->came = true;
    around_.receiver.arrived(around_.line, one_->place, std::move(body),
                             on_loop<MailTaken>([this](const base::Result<MailTaken>& taken) {
                               one_->taken = taken ? *taken : MailTaken::again;
                               settle_one();
                             }));
    return;
  }
  const auto found = chunk_.find(uid);
  if (found == chunk_.end() || found->second.state != ItemState::requested) return;
  if (body.size() > room_for(found->second.head.size)) {
    // It was asked for beside others, as it was to be small: alone, the next time.
    found->second.head.size = body.size();
    const bool too_large = body.size() > around_.options.largest_mail;
    found->second.state = too_large ? ItemState::settled : ItemState::open;
    if (too_large) {
      around_.receiver.missed(around_.line, found->second.head,
                              "it is larger than the server had said, and than the limit");
    }
    return;
  }
  found->second.state = ItemState::given;
  found->second.given = body.size();
  under_way_ += body.size();
  around_.receiver.arrived(
      around_.line, place, std::move(body),
      on_loop<MailTaken>([this, uid, turn = turn_](const base::Result<MailTaken>& taken) {
        if (!taken || *taken == MailTaken::again) return settle(uid, ItemState::again);
        ++taken_;
        settle(uid, *taken == MailTaken::kept ? ItemState::settled : ItemState::acknowledge);
      }));
}

void MailboxSync::on_bodies(const ImapResponse& answer, const std::vector<std::uint32_t>& uids) {
  asking_ = false;
  turn_.reset();
  const bool ok = answer.status == ImapStatus::ok;
  if (!ok && uids.size() > 1) one_by_one_ = true;
  for (const std::uint32_t uid : uids) {
    Item& item = chunk_.at(uid);
    if (item.state != ItemState::requested) continue;
    if (!ok && uids.size() > 1) {
      item.state = ItemState::open;
      continue;
    }
    item.state = ItemState::settled;
    around_.receiver.missed(around_.line, item.head,
                            ok ? "it is not on the server any more, or cannot be read there"
                               : "the server answered \"" + answer.text + "\"");
  }
  next_bodies();
}

void MailboxSync::settle(std::uint32_t uid, ItemState state) {
  Item& item = chunk_.at(uid);
  item.state = state;
  under_way_ -= std::exchange(item.given, 0);
  next_bodies();
}

void MailboxSync::end_chunk() {
  std::vector<std::uint32_t> uids;
  for (const auto& [uid, item] : chunk_) {
    if (item.state == ItemState::acknowledge) uids.push_back(uid);
  }
  if (uids.empty()) return on_acknowledged({});
  acknowledge(around_.talk, std::move(uids), around_.options.after, around_.uidplus,
              [this](std::string refused) { on_acknowledged(std::move(refused)); });
}

void MailboxSync::on_acknowledged(std::string refused) {
  if (!refused.empty()) refused_ = std::move(refused);
  for (const auto& [uid, item] : chunk_) {
    if (item.state != ItemState::again) continue;
    if (!stands_at_) move_cursor(uid);
    if (!stands_at_) stands_at_ = uid;
    ++agains_;
  }
  if (agains_ > kMostAgain) return finish(ended());
  if (!direct_) {
    const std::uint32_t last = found_[found_at_ - 1];
    if (last != kMostUid) move_cursor(last + 1);
    return next_heads();
  }
  if (!chunk_.empty()) {
    const std::uint32_t last = chunk_.rbegin()->first;
    if (last != kMostUid) move_cursor(last + 1);
    searched_to_ = last;
  }
  chunk_.clear();
  direct_ = false;
  if (more_) return search();
  if (extent_.last_uid && *extent_.last_uid != kMostUid) move_cursor(*extent_.last_uid + 1);
  finish(ended());
}

SyncEnd MailboxSync::ended() const { return {stands_at_.has_value(), refused_}; }

void MailboxSync::move_cursor(std::uint32_t next_uid) {
  if (next_uid <= cursor_.next_uid || stands_at_) return;
  cursor_.next_uid = next_uid;
  around_.receiver.cursor_moved(around_.line, cursor_);
}

void MailboxSync::finish(base::Result<SyncEnd> end) {
  chunk_.clear();
  found_.clear();
  if (Done done = std::exchange(done_, nullptr)) done(std::move(end));
}

void MailboxSync::fetch_one(messaging::mail::MailPlace place, base::Completion<bool> done,
                            base::UniqueFunction<void(base::Result<>)> ended) {
  one_.emplace(One{place, false, false, std::nullopt, std::move(done), std::move(ended)});
  around_.talk.command("UID FETCH " + std::to_string(place.uid) + " (UID BODY.PEEK[])",
                       [this](const ImapResponse& answer) {
                         one_->answered = true;
                         if (one_->came) return settle_one();
                         // Some say so of a mail that somebody else has deleted (RFC 5530).
                         const bool gone =
                             answer.code == "EXPUNGEISSUED" || answer.code == "NONEXISTENT";
                         if (answer.status != ImapStatus::ok && !gone) {
                           one_->done(base::fail(base::Errc::unavailable,
                                                 "the server answered \"" + answer.text + "\""));
                         }
                         finish_one(false);
                       });
}

// Continues once both have come: the answer to the command and the receiver's.
void MailboxSync::settle_one() {
  if (!one_->answered || !one_->taken) return;
  if (*one_->taken == MailTaken::again) {
    one_->done(base::fail(base::Errc::unavailable, "the mail could not be stored"));
    return finish_one(false);
  }
  if (*one_->taken == MailTaken::kept) return finish_one(true);
  acknowledge(around_.talk, {one_->place.uid}, around_.options.after, around_.uidplus,
              [this](const std::string&) { finish_one(true); });
}

void MailboxSync::finish_one(bool there) {
  One one = std::move(*one_);
  one_.reset();
  one.done(there);
  one.ended({});
}

}  // namespace gateway::mail
