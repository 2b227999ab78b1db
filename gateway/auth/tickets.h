// Tickets: what a page shows instead of a key when it opens an EventSource, which cannot set
// headers. A ticket works once, for 30 s, and stands for the key that asked for it, so that an
// address in a browser's history or a proxy's log opens nothing. One thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "rpc/access.h"

namespace gateway {

class Tickets {
 public:
  static constexpr base::Millis kLife = 30'000;
  static constexpr std::size_t kMost = 10'000;  // more: the oldest go

  explicit Tickets(const base::Clock& clock) : clock_(clock) {}  // outlives this

  std::string issue(std::shared_ptr<const rpc::Access> access);
  // Takes the ticket out; null when there is none, or it is too old, or its key has ended.
  std::shared_ptr<const rpc::Access> redeem(std::string_view ticket);

 private:
  struct Ticket {
    std::shared_ptr<const rpc::Access> access;
    base::Millis until = 0;
  };
  const base::Clock& clock_;
  // By the hash: looking up the text itself would take as long as its likeness to a stored one.
  std::unordered_map<std::string, Ticket> tickets_;
  std::deque<std::string> oldest_;  // hashes in the order of issue
};

}  // namespace gateway
