// Searcher: finds messages by their text (decision 46).
//
// With an account's first search, a thread reads the account's messages into an AccountIndex, a
// slice of each waiting account in turn; searches that come meanwhile wait for it without holding
// their thread. Later searches are answered at once, on the caller's thread. Indexes live in memory
// alone. Texts take at most `text_bytes` in all; those of accounts that search seldom and of old
// messages are dropped first, and are then read from the store when the filters name them. The
// index of an account that did not search for a while is dropped.
//
// The results are those of search_messages() (store/tables/messages.h) over the same rows, which is
// also used where there can be no index. Safe from any thread; the store outlives it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/completion.h"
#include "base/mutex.h"
#include "store/search/account_index.h"
#include "store/store.h"

namespace store::search {

struct SearcherOptions {
  std::size_t text_bytes = std::size_t{96} * 1024 * 1024;    // a million messages of usual length
  std::size_t filter_bytes = std::size_t{64} * 1024 * 1024;  // beyond, accounts get no index
  base::Millis idle_after = base::Millis{10} * 60 * 1000;
};

struct SearcherFigures {
  std::size_t accounts = 0;
  std::size_t text_bytes = 0;
  std::size_t filter_bytes = 0;
};

class Searcher {
 public:
  explicit Searcher(Store& store, SearcherOptions options = {});
  ~Searcher();

  // The completion may be called before this returns. Errc::not_found for a chat that is not there.
  void search(base::AccountId account, const AccountKey& key, Query query,
              base::Completion<std::vector<base::MsgId>> done);
  // Ends the thread; searches that wait are answered by an error, later ones without an index.
  void stop();

  SearcherFigures figures() const;

 private:
  using IndexPtr = std::shared_ptr<AccountIndex>;
  // A search that waits for its account to be read.
  struct Waiting {
    Query query;
    base::Completion<std::vector<base::MsgId>> done;
    std::optional<base::Cancellation> cancellation = std::nullopt;
    std::string party = {};
  };
  // An account that is being read, with the searches that wait for it.
  struct Reading {
    IndexPtr index;
    std::vector<Waiting> waiting = {};
  };

  void noted(std::span<const ChangedMessage> changed);
  base::Result<std::vector<base::MsgId>> answer(AccountIndex& index, const Query& query);
  base::Result<std::vector<base::MsgId>> answer_plainly(base::AccountId account,
                                                        const AccountKey& key, const Query& query);
  void answer_waiting(AccountIndex& index, std::vector<Waiting> waiting, bool plainly);
  void wait_for(IndexPtr index, Waiting waiting) REQUIRES(mutex_);
  bool has_thread() REQUIRES(mutex_);
  void work();
  void read_on(const IndexPtr& index);
  base::Result<bool> read_slice(AccountIndex& index);
  base::Result<> follow();
  std::vector<IndexPtr> by_use() const;
  bool is_read(const IndexPtr& index) const;
  void bound_texts();
  base::Result<> bound_filters(const AccountIndex& reading);
  std::vector<IndexPtr> take_idle() REQUIRES(mutex_);

  Store& store_;
  const SearcherOptions options_;
  const std::shared_ptr<std::atomic<std::size_t>> text_bytes_;

  mutable base::Mutex mutex_;
  base::Condition wake_;
  std::unordered_map<base::AccountId, IndexPtr> indexes_ GUARDED_BY(mutex_);
  std::deque<Reading> reading_ GUARDED_BY(mutex_);
  // The account has more messages than an index may hold; checked again after an index was dropped.
  std::unordered_set<base::AccountId> too_large_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);  // begins with the first search
  bool following_ = false;                 // the thread's: the writer notes changes
};

}  // namespace store::search
