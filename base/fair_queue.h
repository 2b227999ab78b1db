// FairQueue: work that waits, kept by the party that caused it (a caller, a contact, an invite).
// Parties are served in turn, one item each, so that the work of one delays another by one item at
// most, however much of it there is (decision 33).
//
// Bounded three ways: items that wait in all, items that wait of one party, and items of one party
// that are under way at once. A party over its bound waits or is refused; nobody else notices.
//
// Cost: push, pop and done are O(1). Memory: a party without items costs nothing.
// Threads: none of its own and no lock; the owner's mutex guards it.
#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace base {

struct FairQueueLimits {
  std::size_t waiting = std::numeric_limits<std::size_t>::max();         // items in the queue
  std::size_t waiting_each = std::numeric_limits<std::size_t>::max();    // of one party
  std::size_t under_way_each = std::numeric_limits<std::size_t>::max();  // popped and not done
};

template <class Key, class Item, class Hash = std::hash<Key>>
class FairQueue {
 public:
  explicit FairQueue(FairQueueLimits limits = {}) : limits_(limits) {}

  // False when a bound is reached; `item` was not taken then.
  [[nodiscard]] bool push(const Key& key, Item&& item) {
    if (size_ >= limits_.waiting) return false;
    const auto found = parties_.find(key);
    if (found != parties_.end() && found->second.items.size() >= limits_.waiting_each) return false;
    if (limits_.waiting_each == 0) return false;
    put(key, std::move(item));
    return true;
  }

  // For the rest of an item that was popped and is not finished: not refused for want of room, so
  // that nothing is lost half-way. Call done() for the popped one besides.
  void push_rest(const Key& key, Item&& item) { put(key, std::move(item)); }

  // Whose turn it is: the party that pop() would serve; null when none is to be served.
  const Key* next() const { return turns_.empty() ? nullptr : &turns_.front(); }

  // The party whose turn it is lets the others go first.
  void pass_turn() {
    if (!turns_.empty()) turns_.splice(turns_.end(), turns_, turns_.begin());
  }

  struct Popped {
    Key key;
    Item item;
  };
  // The oldest item of the party whose turn it is; none when nothing waits or all who wait have as
  // much under way as they may. Every item popped is followed by one done(key).
  std::optional<Popped> pop() {
    if (turns_.empty()) return std::nullopt;
    const Key key = turns_.front();
    turns_.pop_front();
    Party& party = parties_.find(key)->second;
    Popped popped{key, std::move(party.items.front())};
    party.items.pop_front();
    party.in_turn = false;
    ++party.under_way;
    --size_;
    give_turn(key, party);
    return popped;
  }

  void done(const Key& key) {
    const auto found = parties_.find(key);
    if (found == parties_.end() || found->second.under_way == 0) return;
    --found->second.under_way;
    give_turn(key, found->second);
    if (found->second.items.empty() && found->second.under_way == 0) parties_.erase(found);
  }

  // Takes out what waits and matches, of all parties; for work whose party has gone.
  template <class Matches>
  std::vector<Item> remove_if(Matches matches) {
    std::vector<Item> removed;
    for (auto at = parties_.begin(); at != parties_.end();) {
      std::deque<Item> kept;
      for (Item& item : at->second.items) {
        if (matches(at->first, item)) {
          removed.push_back(std::move(item));
          --size_;
        } else {
          kept.push_back(std::move(item));
        }
      }
      at->second.items = std::move(kept);
      if (at->second.items.empty() && at->second.in_turn) {
        turns_.remove(at->first);
        at->second.in_turn = false;
      }
      const bool unused = at->second.items.empty() && at->second.under_way == 0;
      at = unused ? parties_.erase(at) : std::next(at);
    }
    return removed;
  }

  // The same of one party alone, at the cost of what waits of it.
  template <class Matches>
  std::vector<Item> remove_of(const Key& key, Matches matches) {
    std::vector<Item> removed;
    const auto found = parties_.find(key);
    if (found == parties_.end()) return removed;
    std::deque<Item> kept;
    for (Item& item : found->second.items) {
      (matches(item) ? removed.emplace_back(std::move(item)) : kept.emplace_back(std::move(item)));
    }
    found->second.items = std::move(kept);
    size_ -= removed.size();
    if (found->second.items.empty() && found->second.in_turn) {
      turns_.remove(key);
      found->second.in_turn = false;
    }
    if (found->second.items.empty() && found->second.under_way == 0) parties_.erase(found);
    return removed;
  }

  bool ready() const { return !turns_.empty(); }  // pop() gives something
  std::size_t size() const { return size_; }      // items that wait
  std::size_t parties() const { return parties_.size(); }
  std::size_t waiting(const Key& key) const {
    const auto found = parties_.find(key);
    return found == parties_.end() ? 0 : found->second.items.size();
  }
  std::size_t under_way(const Key& key) const {
    const auto found = parties_.find(key);
    return found == parties_.end() ? 0 : found->second.under_way;
  }

 private:
  struct Party {
    std::deque<Item> items;
    std::size_t under_way = 0;
    bool in_turn = false;
  };

  void put(const Key& key, Item&& item) {
    Party& party = parties_[key];
    party.items.push_back(std::move(item));
    ++size_;
    give_turn(key, party);
  }
  void give_turn(const Key& key, Party& party) {
    if (party.in_turn || party.items.empty() || party.under_way >= limits_.under_way_each) return;
    party.in_turn = true;
    turns_.push_back(key);
  }

  const FairQueueLimits limits_;
  std::size_t size_ = 0;
  std::unordered_map<Key, Party, Hash> parties_;
  std::list<Key> turns_;  // parties that may be served, the next one first
};

}  // namespace base
