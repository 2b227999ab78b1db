// CancelScope: names the work that this thread does right now, so that what is far below (a
// database that steps through rows) can ask whether anybody still waits for it, without a parameter
// through every function in between. Scopes nest; the innermost counts.
//
// Threads: each has scopes of its own. Work that others wait for as well is done outside of one.
#pragma once

#include <utility>

#include "base/cancellation.h"

namespace base {

class CancelScope {
 public:
  explicit CancelScope(const Cancellation& cancellation)
      : outer_(std::exchange(innermost(), &cancellation)) {}  // which outlives the scope
  ~CancelScope() { innermost() = outer_; }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  // Null outside of any scope.
  static const Cancellation* current() { return innermost(); }

 private:
  static const Cancellation*& innermost() {
    thread_local const Cancellation* scope = nullptr;
    return scope;
  }
  const Cancellation* const outer_;
};

}  // namespace base
