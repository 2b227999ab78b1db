#include "store/search/account_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/unicode.h"
#include "store/tables/chat_enums.h"
#include "store/tables/message_record.h"
#include "store/tables/messages.h"

namespace store::search {
namespace {

constexpr std::size_t kBlockMessages = 64;
constexpr std::size_t kBlockBytes = std::size_t{6} * 1024;
constexpr std::size_t kCandidatesAtOnce = 256;
constexpr std::size_t kAllRows = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kOpenEnd = std::numeric_limits<std::int64_t>::max();

// The rows of a query, including those that do not open.
struct RowsRead {
  std::size_t count = 0;
  std::int64_t last = 0;  // id
};

// Messages with ids in (after, last], oldest first; rows that do not open are left out.
template <class F>
base::Result<RowsRead> each_text(const Scope& scope, std::int64_t after, std::int64_t last,
                                 std::size_t most, const F& take) {
  RowsRead read;
  EDGE_CHECK(scope.db.each(
      "SELECT id, chat_id, position, seq, sealed FROM checked_message WHERE account_id = ?"
      " AND id > ? AND id <= ? AND state <> ? AND intact ORDER BY id LIMIT ?",
      [&](const Row& row) {
        ++read.count;
        read.last = row.integer(0);
        const auto text = detail::read_message_text(scope, row.integer(0), row.blob(4));
        if (!text) {
          base::log::error("message {} of account {} does not open", row.integer(0),
                           scope.account.value);
          return;
        }
        take(FoldedMessage{.id = row.id<base::MsgId>(0),
                           .chat = row.id<base::ChatId>(1),
                           .place = {row.integer(2), row.integer(3)},
                           .folded = base::folded(*text)});
      },
      scope.account, after, last, MsgState::out_draft, static_cast<std::int64_t>(most)));
  return read;
}

// The display position of each hit: its id, unless the message moved; for messages at one position
// their sequences decide.
base::Result<std::vector<Place>> places_of(const Scope& scope, const std::vector<Hit>& hits) {
  std::set<std::int64_t> shared;
  for (const Hit& hit : hits) {
    if (hit.moved) shared.insert(hit.moved->position);
  }
  std::vector<Place> places;
  places.reserve(hits.size());
  for (const Hit& hit : hits) {
    Place place = hit.moved.value_or(Place{hit.id.value, 0});
    if (!hit.moved && shared.contains(place.position)) {
      EDGE_TRY(const auto seq,
               scope.db.integer("SELECT seq FROM checked_message WHERE account_id = ? AND id = ?"
                                " AND intact",
                                scope.account, hit.id));
      place.seq = seq.value_or(0);
    }
    places.push_back(place);
  }
  return places;
}

base::Result<std::vector<base::MsgId>> in_display_order(const Scope& scope,
                                                        const std::vector<Hit>& hits) {
  EDGE_TRY(const std::vector<Place> places, places_of(scope, hits));
  std::vector<std::size_t> order(hits.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::size_t i) {
    return std::tuple(places[i].position, places[i].seq, hits[i].id.value);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<base::MsgId> ids;
  ids.reserve(hits.size());
  for (const std::size_t i : order) ids.push_back(hits[i].id);
  return ids;
}

}  // namespace

// The messages that were read for a range.
struct AccountIndex::Piece {
  std::int64_t last = 0;
  Signature signature;
  std::shared_ptr<const TextBlock> block;
};

AccountIndex::AccountIndex(base::AccountId account, AccountKey key,
                           std::shared_ptr<std::atomic<std::size_t>> in_use)
    : account_(account), key_(std::move(key)), in_use_(std::move(in_use)) {
  ranges_.push_back({.last = kOpenEnd});
  dirty_.insert(0);
}

void AccountIndex::mark(std::int64_t id) {
  const auto found =
      std::lower_bound(ranges_.begin(), ranges_.end(), id,
                       [](const Range& range, std::int64_t i) { return range.last < i; });
  const auto index = static_cast<std::size_t>(found - ranges_.begin());
  if (index + 1 == ranges_.size()) ++new_messages_;
  if (found->dirty) return;
  found->dirty = true;
  found->block.reset();
  filter_.clear(index);
  dirty_.insert(index);
}

void AccountIndex::note(base::MsgId message) {
  base::Lock lock(mutex_);
  if (meanwhile_) meanwhile_->push_back(message.value);
  mark(message.value);
}

void AccountIndex::note_chats() {
  base::Lock lock(mutex_);
  ++chats_noted_;
  shown_.clear();
}

std::size_t AccountIndex::behind() const {
  base::Lock lock(mutex_);
  if (!read_to_the_end_) return kUnknown;
  return dirty_.size() + new_messages_ / kBlockMessages;
}

std::int64_t AccountIndex::begin_of(std::size_t range) const {
  return range == 0 ? 0 : ranges_[range - 1].last;
}

// Messages that are dirty at the beginning were noted after their commit, and the reader's snapshot
// is later. It may be older than later notes, so messages noted from then on stay dirty.
base::Result<> AccountIndex::catch_up(const Scope& scope, std::size_t messages) {
  base::Lock reading(reading_);
  std::deque<std::size_t> ranges;
  {
    base::Lock lock(mutex_);
    if (dirty_.empty()) return {};
    ranges.assign(dirty_.begin(), dirty_.end());
    meanwhile_.emplace();
  }
  auto read = read_ranges(scope, std::move(ranges), messages);
  base::Lock lock(mutex_);
  meanwhile_.reset();
  return read;
}

base::Result<> AccountIndex::read_ranges(const Scope& scope, std::deque<std::size_t> ranges,
                                         std::size_t messages) {
  while (messages > 0 && !ranges.empty()) {
    EDGE_TRY(const RangeRead one, read_range(scope, ranges.front(), messages));
    ranges.pop_front();
    if (one.next) ranges.push_back(*one.next);
    messages -= std::min(messages, one.messages);
  }
  return {};
}

base::Result<AccountIndex::RangeRead> AccountIndex::read_range(const Scope& scope,
                                                               std::size_t range,
                                                               std::size_t messages) {
  std::int64_t after = 0;
  std::int64_t last = 0;
  {
    base::Lock lock(mutex_);
    after = begin_of(range);
    last = ranges_[range].last;
  }
  const bool open = last == kOpenEnd;
  std::vector<Piece> pieces;
  std::vector<FoldedMessage> gathered;
  std::size_t bytes = 0;
  const auto cut = [&](std::int64_t end) {
    Piece& piece = pieces.emplace_back();
    piece.last = end;
    for (const FoldedMessage& message : gathered) {
      piece.signature.add_text(message.folded);
      piece.signature.add_chat(message.chat);
    }
    if (!gathered.empty()) piece.block = std::make_shared<const TextBlock>(gathered, in_use_);
    for (FoldedMessage& message : gathered) {
      crypto::wipe(message.folded.data(), message.folded.size());
    }
    gathered.clear();
    bytes = 0;
  };
  const std::size_t most = open ? std::max(messages, kBlockMessages) : kAllRows;
  EDGE_TRY(const RowsRead read, each_text(scope, after, last, most, [&](FoldedMessage message) {
             if (open && (gathered.size() == kBlockMessages || bytes >= kBlockBytes)) {
               cut(gathered.back().id.value);
             }
             bytes += message.folded.size();
             gathered.push_back(std::move(message));
           }));
  // If the limit ended it, there are more rows to read.
  const bool complete = read.count < most;
  cut(complete ? last : read.last);
  const std::size_t next = range + pieces.size();
  put(range, std::move(pieces), complete);
  return RangeRead{.messages = std::max<std::size_t>(read.count, 1),
                   .next = complete ? std::nullopt : std::optional(next)};
}

void AccountIndex::put(std::size_t range, std::vector<Piece> pieces, bool complete) {
  base::Lock lock(mutex_);
  const std::size_t end = range + pieces.size();
  ranges_.resize(std::max(ranges_.size(), end + (complete ? 0 : 1)));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ranges_[range + i] = {
        .last = pieces[i].last, .dirty = false, .block = std::move(pieces[i].block)};
    filter_.put(range + i, pieces[i].signature);
    dirty_.erase(range + i);
  }
  oldest_block_ = std::min(oldest_block_, range);
  if (!complete) {
    ranges_[end] = {.last = kOpenEnd};
    dirty_.insert(end);
  } else if (end == ranges_.size()) {
    read_to_the_end_ = true;
    new_messages_ = 0;
  }
  for (const std::int64_t id : *meanwhile_) mark(id);
}

bool AccountIndex::drop_oldest_block() {
  base::Lock lock(mutex_);
  while (oldest_block_ < ranges_.size()) {
    if (std::exchange(ranges_[oldest_block_++].block, nullptr)) return true;
  }
  return false;
}

std::size_t AccountIndex::filter_bytes() const {
  base::Lock lock(mutex_);
  return filter_.bytes() + ranges_.capacity() * sizeof(Range);
}

// Some of the ranges before `end` that may hold the text, the newest first; `end` becomes where to
// continue.
std::vector<AccountIndex::Candidate> AccountIndex::candidates(const Wanted& wanted,
                                                              std::size_t& end) const {
  std::vector<Candidate> found;
  base::Lock lock(mutex_);
  end = std::min(end, ranges_.size());
  while (end > 0 && found.size() < kCandidatesAtOnce) {
    // Ranges that became dirty since this search caught up are read in their older state.
    const auto dirty = dirty_.lower_bound(end);
    const auto match = filter_.last_match(wanted, end);
    std::size_t next = match ? *match + 1 : 0;
    if (dirty != dirty_.begin()) next = std::max(next, *std::prev(dirty) + 1);
    end = next;
    if (next == 0) break;
    --end;
    found.push_back({begin_of(end), ranges_[end].last, ranges_[end].block});
  }
  return found;
}

base::Result<> AccountIndex::find_in(const Scope& scope, const Query& query,
                                     const Candidate& candidate, std::vector<Hit>& out) const {
  if (candidate.block) {
    candidate.block->find(query.wanted, query.chat, out);
    return {};
  }
  EDGE_CHECK(each_text(scope, candidate.after, candidate.last, kAllRows,
                       [&](const FoldedMessage& message) {
                         if (query.chat && message.chat != *query.chat) return;
                         if (find_text(message.folded, query.wanted, 0) == std::string::npos)
                           return;
                         out.push_back({message.id, message.chat, moved_place(message)});
                       }));
  return {};
}

// Whether the chat is there and not blocked.
base::Result<bool> AccountIndex::shown(const Scope& scope, base::ChatId chat) {
  std::uint64_t noted = 0;
  {
    base::Lock lock(mutex_);
    const auto found = shown_.find(chat.value);
    if (found != shown_.end()) return found->second;
    noted = chats_noted_;
  }
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_chat WHERE account_id = ? AND id = ?"
                            " AND blocked <> ? AND intact",
                            scope.account, chat, ChatBlocked::yes));
  base::Lock lock(mutex_);
  if (noted == chats_noted_) shown_.emplace(chat.value, found.has_value());
  return found.has_value();
}

base::Result<std::vector<base::MsgId>> AccountIndex::find(const Scope& scope, const Query& query) {
  return query.chat ? find_in_chat(scope, query) : find_newest(scope, query);
}

base::Result<std::vector<base::MsgId>> AccountIndex::find_newest(const Scope& scope,
                                                                 const Query& query) {
  const Wanted wanted(query.wanted, std::nullopt);
  std::vector<base::MsgId> ids;
  std::vector<Hit> hits;
  std::size_t end = SIZE_MAX;
  while (end > 0) {
    for (const Candidate& candidate : candidates(wanted, end)) {
      hits.clear();
      EDGE_CHECK(find_in(scope, query, candidate, hits));
      for (auto hit = hits.rbegin(); hit != hits.rend(); ++hit) {
        EDGE_TRY(const bool is_shown, shown(scope, hit->chat));
        if (!is_shown) continue;
        ids.push_back(hit->id);
        if (ids.size() == query.limit) return ids;
      }
    }
  }
  return ids;
}

base::Result<std::vector<base::MsgId>> AccountIndex::find_in_chat(const Scope& scope,
                                                                  const Query& query) {
  const Wanted wanted(query.wanted, query.chat);
  std::vector<Hit> hits;
  std::size_t end = SIZE_MAX;
  while (end > 0) {
    for (const Candidate& candidate : candidates(wanted, end)) {
      EDGE_CHECK(find_in(scope, query, candidate, hits));
    }
  }
  return in_display_order(scope, hits);
}

}  // namespace store::search
