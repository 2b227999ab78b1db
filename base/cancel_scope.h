// CancelScope: names the work that this thread does right now, so that what is far below (a
// database that steps through rows, a queue of files) can ask whether anybody still waits for it,
// and whose it is, without a parameter through every function in between. Scopes nest; the
// innermost counts.
//
// Threads: each has scopes of its own. Work that others wait for as well is done outside of one.
#pragma once

#include <string>
#include <utility>

#include "base/cancellation.h"

namespace base {

class CancelScope {
 public:
  // Both outlive the scope.
  CancelScope(const Cancellation& cancellation, const std::string& party)
      : cancellation_(cancellation), party_(party), outer_(std::exchange(innermost(), this)) {}
  ~CancelScope() { innermost() = outer_; }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  // Null outside of any scope: work of the daemon's own.
  static const CancelScope* current() { return innermost(); }

  const Cancellation& cancellation() const { return cancellation_; }
  const std::string& party() const { return party_; }

 private:
  static const CancelScope*& innermost() {
    thread_local const CancelScope* scope = nullptr;
    return scope;
  }
  const Cancellation& cancellation_;
  const std::string& party_;
  const CancelScope* const outer_;
};

}  // namespace base
