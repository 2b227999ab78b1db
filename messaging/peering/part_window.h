// PartWindow: which parts of one file are under way. A deposit carries consecutive parts; several
// deposits are under way at once and are answered in any order. Progress counts the parts stored
// from the file's start without a gap; after a failure the parts behind it are sent again, which is
// harmless, because a duplicate part is recognised.
//
// The window starts with one deposit and grows by one with each quick answer, so that a slow link
// never has several under way that all time out. After a failure (`careful`) the first deposit
// holds a single part, which a bad link or a small mailbox may still accept.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.h"

namespace messaging::peering {

class PartWindow {
 public:
  static constexpr std::uint32_t kMostParts = 7;     // per deposit
  static constexpr std::uint32_t kMostDeposits = 8;  // under way
  static constexpr base::Millis kQuick = 1'000;

  struct Parts {
    std::uint32_t first = 0;
    std::uint32_t until = 0;  // the part after them
  };

  // Of `all` parts, those before `stored` are stored already.
  PartWindow(std::uint32_t stored, std::uint32_t all, bool careful);

  // The parts of the next deposit; nullopt: no further deposit may start now.
  std::optional<Parts> next() const;
  void begun(Parts parts);
  void answered(Parts parts, bool stored, base::Millis took);
  void stop() { stopped_ = true; }  // no further ones

  std::uint32_t stored() const { return stored_; }  // all before it are
  std::uint32_t all() const { return all_; }
  bool complete() const { return stored_ == all_; }
  std::uint32_t under_way() const { return under_way_; }  // deposits
  // No deposit is under way, and none will follow.
  bool over() const { return under_way_ == 0 && (stopped_ || complete()); }

 private:
  struct Sent {
    std::uint32_t until = 0;
    bool stored = false;
  };
  const std::uint32_t all_;
  std::uint32_t stored_;
  std::uint32_t next_;
  std::uint32_t parts_;
  std::uint32_t deposits_ = 1;
  std::uint32_t under_way_ = 0;
  bool stopped_ = false;
  std::map<std::uint32_t, Sent> sent_;  // by first part, behind stored_
};

}  // namespace messaging::peering
