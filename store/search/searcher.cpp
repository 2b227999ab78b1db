#include "store/search/searcher.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/cancel_scope.h"
#include "base/log.h"
#include "base/thread_start.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace store::search {
namespace {

constexpr std::size_t kRangesAtOnce = 64;       // read by a search itself, some 100 µs each
constexpr std::size_t kMessagesAtOnce = 8'192;  // the same, when they are many to a range
constexpr std::size_t kSlice = 2'048;           // messages that the thread reads in a turn

}  // namespace

Searcher::Searcher(Store& store, SearcherOptions options)
    : store_(store), options_(options), text_bytes_(std::make_shared<std::atomic<std::size_t>>(0)) {
  store_.writer().on_changed_messages(
      [this](std::span<const ChangedMessage> changed) { noted(changed); });
}

Searcher::~Searcher() {
  stop();
  store_.writer().on_changed_messages({});
  store_.writer().flush();  // a note may be under way
}

// The writer's thread, after a commit and before its answers.
void Searcher::noted(std::span<const ChangedMessage> changed) {
  base::AccountId account;
  IndexPtr index;
  for (const ChangedMessage& one : changed) {
    if (one.account != account) {
      account = one.account;
      base::Lock lock(mutex_);
      const auto found = indexes_.find(account);
      index = found == indexes_.end() ? nullptr : found->second;
    }
    if (!index) continue;
    if (one.message.valid()) {
      index->note(one.message);
    } else {
      index->note_chats();
    }
  }
}

void Searcher::search(base::AccountId account, const AccountKey& key, Query query,
                      base::Completion<std::vector<base::MsgId>> done) {
  IndexPtr index;
  if (!query.wanted.empty() && !store_.health().writes_refused()) {
    base::Lock lock(mutex_);
    if (!stopped_ && !too_large_.contains(account)) {
      IndexPtr& place = indexes_[account];
      // An account may have become another one under its number (backup/landing.h).
      if (!place || place->key().uuid() != key.uuid())
        place = std::make_shared<AccountIndex>(account, key, text_bytes_);
      index = place;
      index->use();
      if (index->behind() > kRangesAtOnce && has_thread()) {
        Waiting waiting{.query = std::move(query), .done = std::move(done)};
        if (const auto* const scope = base::CancelScope::current()) {
          waiting.cancellation = scope->cancellation();
          waiting.party = scope->party();
        }
        wait_for(std::move(index), std::move(waiting));
        return;
      }
      if (index->behind() > kRangesAtOnce) index = nullptr;  // nobody would read it
    }
  }
  done(index ? answer(*index, query) : answer_plainly(account, key, query));
}

void Searcher::wait_for(IndexPtr index, Waiting waiting) {
  auto place = std::find_if(reading_.begin(), reading_.end(),
                            [&](const Reading& one) { return one.index == index; });
  if (place == reading_.end()) {
    place = reading_.insert(reading_.end(), {.index = std::move(index)});
  }
  place->waiting.push_back(std::move(waiting));
  wake_.notify_one();
}

// Starts the thread with the first search that needs it; false if the machine has no thread left.
bool Searcher::has_thread() {
  return thread_.joinable() || base::start_thread(thread_, [this] { work(); });
}

base::Result<std::vector<base::MsgId>> Searcher::answer(AccountIndex& index, const Query& query) {
  EDGE_TRY(Reader reader, store_.read());
  const Scope scope{*reader, store_.vault(), index.key(), index.account()};
  EDGE_CHECK(index.catch_up(scope, kMessagesAtOnce));
  bound_texts();
  if (query.chat) EDGE_CHECK(load_chat(scope, *query.chat));
  return index.find(scope, query);
}

base::Result<std::vector<base::MsgId>> Searcher::answer_plainly(base::AccountId account,
                                                                const AccountKey& key,
                                                                const Query& query) {
  EDGE_TRY(Reader reader, store_.read());
  const Scope scope{*reader, store_.vault(), key, account};
  if (query.chat) EDGE_CHECK(load_chat(scope, *query.chat));
  return search_messages(scope, query.wanted, query.chat, query.limit);
}

void Searcher::answer_waiting(AccountIndex& index, std::vector<Waiting> waiting, bool plainly) {
  for (Waiting& one : waiting) {
    std::optional<base::CancelScope> scope;
    if (one.cancellation) scope.emplace(*one.cancellation, one.party);
    one.done(plainly ? answer_plainly(index.account(), index.key(), one.query)
                     : answer(index, one.query));
  }
}

void Searcher::work() {
  for (;;) {
    IndexPtr index;
    std::vector<IndexPtr> idle;
    {
      base::Lock lock(mutex_);
      while (!stopped_ && reading_.empty() && idle.empty()) {
        if (indexes_.empty()) {
          wake_.wait(mutex_);
        } else {
          wake_.wait_for(mutex_, std::chrono::milliseconds(options_.idle_after / 2 + 1));
          idle = take_idle();
        }
      }
      if (stopped_) return;
      if (!reading_.empty()) index = reading_.front().index;
    }
    if (!idle.empty()) {
      idle.clear();
      ::malloc_trim(0);
    }
    if (index) read_on(index);
  }
}

// Handles a slice of the account whose turn it is; then answers its searches, or queues it again.
void Searcher::read_on(const IndexPtr& index) {
  const auto read = read_slice(*index);
  if (!read) {
    base::log::warning("account {} is searched without an index: {}", index->account().value,
                       read.error().message);
  }
  std::vector<Waiting> waiting;
  {
    base::Lock lock(mutex_);
    const auto place = std::find_if(reading_.begin(), reading_.end(),
                                    [&](const Reading& one) { return one.index == index; });
    if (place == reading_.end()) return;
    if (read && !*read) {
      std::rotate(place, place + 1, reading_.end());
      return;
    }
    waiting = std::move(place->waiting);
    reading_.erase(place);
    if (!read) indexes_.erase(index->account());
  }
  answer_waiting(*index, std::move(waiting), !read);
}

// True when the account was read to its end.
base::Result<bool> Searcher::read_slice(AccountIndex& index) {
  EDGE_CHECK(follow());
  {
    EDGE_TRY(Reader reader, store_.read());
    EDGE_CHECK(index.catch_up({*reader, store_.vault(), index.key(), index.account()}, kSlice));
  }
  bound_texts();
  EDGE_CHECK(bound_filters(index));
  return index.behind() <= kRangesAtOnce;
}

// From here on the writer notes changes.
base::Result<> Searcher::follow() {
  if (following_) return {};
  EDGE_CHECK(store_.write_now<void>([](Tx& tx) { return tx.follow_messages(); }));
  following_ = true;
  return {};
}

// The longest unused account first.
std::vector<Searcher::IndexPtr> Searcher::by_use() const {
  std::vector<IndexPtr> all;
  {
    base::Lock lock(mutex_);
    for (const auto& [account, index] : indexes_) all.push_back(index);
  }
  std::sort(all.begin(), all.end(),
            [](const IndexPtr& a, const IndexPtr& b) { return a->used() < b->used(); });
  return all;
}

void Searcher::bound_texts() {
  if (*text_bytes_ <= options_.text_bytes) return;
  for (const IndexPtr& index : by_use()) {
    while (*text_bytes_ > options_.text_bytes && index->drop_oldest_block()) {
    }
  }
}

base::Result<> Searcher::bound_filters(const AccountIndex& reading) {
  std::size_t all = 0;
  const std::vector<IndexPtr> indexes = by_use();
  for (const IndexPtr& index : indexes) all += index->filter_bytes();
  for (const IndexPtr& index : indexes) {
    if (all <= options_.filter_bytes) return {};
    if (is_read(index)) continue;
    all -= index->filter_bytes();
    base::Lock lock(mutex_);
    indexes_.erase(index->account());
  }
  if (all <= options_.filter_bytes) return {};
  base::Lock lock(mutex_);
  too_large_.insert(reading.account());
  return base::fail(base::Errc::exhausted, "it has more messages than an index may hold");
}

bool Searcher::is_read(const IndexPtr& index) const {
  base::Lock lock(mutex_);
  return std::any_of(reading_.begin(), reading_.end(),
                     [&](const Reading& one) { return one.index == index; });
}

std::vector<Searcher::IndexPtr> Searcher::take_idle() {
  std::vector<IndexPtr> idle;
  const auto until =
      AccountIndex::SteadyClock::now() - std::chrono::milliseconds(options_.idle_after);
  if (!reading_.empty()) return idle;
  std::erase_if(indexes_, [&](const auto& entry) {
    const IndexPtr& index = entry.second;
    if (index->used() > until) return false;
    idle.push_back(index);
    return true;
  });
  if (!idle.empty()) too_large_.clear();
  return idle;
}

void Searcher::stop() {
  std::thread thread;
  std::deque<Reading> reading;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    thread.swap(thread_);
    wake_.notify_one();
  }
  if (thread.joinable()) thread.join();
  {
    base::Lock lock(mutex_);
    reading.swap(reading_);
    indexes_.clear();
  }
  for (Reading& one : reading) {
    for (Waiting& waiting : one.waiting) {
      waiting.done(base::fail(base::Errc::unavailable, "the gateway is shutting down"));
    }
  }
}

SearcherFigures Searcher::figures() const {
  const std::vector<IndexPtr> all = by_use();
  SearcherFigures figures{.accounts = all.size(), .text_bytes = *text_bytes_};
  for (const IndexPtr& index : all) figures.filter_bytes += index->filter_bytes();
  return figures;
}

}  // namespace store::search
