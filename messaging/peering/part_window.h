// PartWindow: which parts of one file are under way. Deposits carry consecutive parts; several are
// under way at once and are answered in any order. What is stored from the file's start on without
// a gap is progress; after a failure the rest goes again, which costs nothing: a part that comes
// twice is one.
//
// It begins with one deposit and takes one more with each answer that comes quickly, so that a slow
// link never carries several that all come too late. After a failure (`careful`) the first one
// holds a single part, which is what a bad link or a small mailbox may still let through.
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
  static constexpr std::uint32_t kMostParts = 7;     // a deposit
  static constexpr std::uint32_t kMostDeposits = 8;  // under way
  static constexpr base::Millis kQuick = 1'000;

  struct Parts {
    std::uint32_t first = 0;
    std::uint32_t until = 0;  // the part after them
  };

  // Of `all` parts those before `stored` are there already.
  PartWindow(std::uint32_t stored, std::uint32_t all, bool careful);

  // What a further deposit would carry; nothing when none may be begun now.
  std::optional<Parts> next() const;
  void begun(Parts parts);
  void answered(Parts parts, bool stored, base::Millis took);
  void stop() { stopped_ = true; }  // no further ones

  std::uint32_t stored() const { return stored_; }  // all before it are
  std::uint32_t all() const { return all_; }
  bool complete() const { return stored_ == all_; }
  std::uint32_t under_way() const { return under_way_; }  // deposits
  // Nothing is under way, and nothing more will be.
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
