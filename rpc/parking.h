// Parking: the places of calls that wait for news or for time. A place costs memory and no thread:
// 10,000 in all, and 1,000 of one caller, so that one caller cannot take all of them.
//
// Threads: any. A Place frees itself; the Parking outlives it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"

namespace rpc {

class Parking {
 public:
  static constexpr std::size_t kMost = 10'000;
  static constexpr std::size_t kMostEach = 1'000;
  static constexpr std::string_view kFull =
      "too many calls wait already (10,000 in all and 1,000 of one caller are held), or the daemon "
      "is shutting down; try again later";
  static constexpr std::string_view kInputEnded =
      "the connection was closed for sending while the call waited; a call that waits needs it "
      "open";

  struct Party {
    Parking& parking;
    const std::string name;
    std::size_t taken = 0;  // guarded as Parking's own
  };

  class Place {
   public:
    Place(Place&& other) noexcept : party_(std::exchange(other.party_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (party_ != nullptr) party_->parking.leave(*party_);
    }

   private:
    friend class Parking;
    explicit Place(Party& party) : party_(&party) {}
    Party* party_;
  };

  // Nothing when all places, or all of this caller's, are taken.
  std::optional<Place> take(const std::string& party) {
    const base::Lock lock(mutex_);
    if (taken_ == kMost) return std::nullopt;
    Party& of_party = parties_.try_emplace(party, Party{*this, party}).first->second;
    if (of_party.taken == kMostEach) return std::nullopt;
    ++of_party.taken;
    ++taken_;
    return Place(of_party);
  }
  std::size_t taken() const {
    const base::Lock lock(mutex_);
    return taken_;
  }

 private:
  void leave(Party& party) {
    const base::Lock lock(mutex_);
    --taken_;
    if (--party.taken == 0) parties_.erase(parties_.find(party.name));
  }

  mutable base::Mutex mutex_;
  std::size_t taken_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Party> parties_ GUARDED_BY(mutex_);
};

}  // namespace rpc
