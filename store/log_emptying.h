// LogEmptying: who asked that the write-ahead log be emptied, and whether that is still due because
// a reader prevented it. Within store/.
//
// Threads: none of its own and no lock; the writer's mutex guards it.
#pragma once

#include <cstdint>

namespace store {

class LogEmptying {
 public:
  // Asks for it; the number is for done().
  std::uint64_t ask() { return ++asked_; }
  bool done(std::uint64_t number) const { return done_ >= number; }

  bool due() const { return failed_ || asked_ > done_; }
  // The last attempt did not succeed: the next one is after a pause.
  bool failed() const { return failed_; }

  // The number of the latest ask: an attempt that begins now is for all up to it.
  std::uint64_t latest() const { return asked_; }
  void tried(std::uint64_t up_to, bool emptied) {
    failed_ = !emptied;
    if (emptied) done_ = up_to;
  }

 private:
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
  bool failed_ = false;
};

}  // namespace store
