// AccountIndex: an account's messages in memory, in the form that search needs (decision 46).
//
// Ids are divided into ranges of up to 64 messages, in order; the last range is open at its end.
// Each has a column of the filter, and most a block with its texts. A range without a block is read
// from the store when the filter names it: its texts did not fit into memory. A range is `dirty`
// when something in it changed, or when it was not read yet; its block and its bits are gone then,
// and the next search reads it again.
//
// The note of a change comes after the commit and before the answer to the caller who made the
// change, so a search that begins after the answer finds it. Safe from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "store/search/block_filter.h"
#include "store/search/text_block.h"
#include "store/tables/scope.h"

namespace store::search {

// The search: a folded text, not empty.
struct Query {
  std::string wanted;
  std::optional<base::ChatId> chat;  // none: all chats that are not blocked
  std::size_t limit = 0;
};

class AccountIndex {
 public:
  AccountIndex(base::AccountId account, AccountKey key,
               std::shared_ptr<std::atomic<std::size_t>> in_use);
  base::AccountId account() const { return account_; }
  const AccountKey& key() const { return key_; }

  void note(base::MsgId message);  // it came, changed or went
  void note_chats();               // which chats are there and not blocked

  // About how many ranges have to be read before the next search; the highest number when the
  // account was not read to its end yet.
  static constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();
  std::size_t behind() const;
  // Reads ranges that are dirty, up to so many messages. `scope` is of a reader that has not read
  // anything yet: its snapshot has to begin in here.
  base::Result<> catch_up(const Scope& scope, std::size_t messages);

  // Messages that match: the newest ids of all chats, newest first; of one chat in display order.
  // Call after catch_up() with the same reader.
  base::Result<std::vector<base::MsgId>> find(const Scope& scope, const Query& query);

  // Frees the oldest block; false when there is none.
  bool drop_oldest_block();
  std::size_t filter_bytes() const;

  using SteadyClock = std::chrono::steady_clock;
  void use() { used_ = SteadyClock::now(); }
  SteadyClock::time_point used() const { return used_; }

 private:
  struct Range {
    std::int64_t last = 0;  // id
    bool dirty = true;
    std::shared_ptr<const TextBlock> block = nullptr;
  };
  // A range that may hold a match.
  struct Candidate {
    std::int64_t after = 0;  // ids above this
    std::int64_t last = 0;
    std::shared_ptr<const TextBlock> block;
  };
  struct Piece;

  void mark(std::int64_t id) REQUIRES(mutex_);
  std::int64_t begin_of(std::size_t range) const REQUIRES(mutex_);
  std::vector<Candidate> candidates(const Wanted& wanted, std::size_t& end) const;
  base::Result<> find_in(const Scope& scope, const Query& query, const Candidate& candidate,
                         std::vector<Hit>& out) const;
  base::Result<bool> shown(const Scope& scope, base::ChatId chat);
  base::Result<std::vector<base::MsgId>> find_newest(const Scope& scope, const Query& query);
  base::Result<std::vector<base::MsgId>> find_in_chat(const Scope& scope, const Query& query);
  struct RangeRead {
    std::size_t messages = 0;
    std::optional<std::size_t> next;  // a range behind that is still to be read
  };
  base::Result<> read_ranges(const Scope& scope, std::deque<std::size_t> ranges,
                             std::size_t messages) REQUIRES(reading_);
  base::Result<RangeRead> read_range(const Scope& scope, std::size_t range, std::size_t messages)
      REQUIRES(reading_);
  void put(std::size_t range, std::vector<Piece> pieces, bool complete) REQUIRES(reading_);

  const base::AccountId account_;
  const AccountKey key_;
  const std::shared_ptr<std::atomic<std::size_t>> in_use_;
  std::atomic<SteadyClock::time_point> used_{SteadyClock::now()};

  base::Mutex reading_;        // one at a time reads ranges; taken before mutex_
  mutable base::Mutex mutex_;  // held briefly
  std::vector<Range> ranges_ GUARDED_BY(mutex_);
  std::set<std::size_t> dirty_ GUARDED_BY(mutex_);
  BlockFilter filter_ GUARDED_BY(mutex_);
  bool read_to_the_end_ GUARDED_BY(mutex_) = false;
  std::size_t new_messages_ GUARDED_BY(mutex_) = 0;  // in the open range, since it was read
  std::size_t oldest_block_ GUARDED_BY(mutex_) = 0;  // no range before it has a block
  // Notes since the beginning of a reading that is under way.
  std::optional<std::vector<std::int64_t>> meanwhile_ GUARDED_BY(mutex_);
  std::map<std::uint32_t, bool> shown_ GUARDED_BY(mutex_);  // chats, as far as they were asked for
  std::uint64_t chats_noted_ GUARDED_BY(mutex_) = 0;
};

}  // namespace store::search
