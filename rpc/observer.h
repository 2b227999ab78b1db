// CallObserver: called after every call was answered, for metrics. Must be cheap; may be called
// from several threads at once.
#pragma once

#include <cstdint>

namespace rpc {

struct Method;

enum class Outcome : std::uint8_t {
  ok,
  invalid,  // no such method, wrong parameters, no valid request
  refused,  // the key lacks a scope or an account, or the license does
  failed,   // valid, but failed
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // `method` is null when there is none of that name. `nanos`: from its turn to its answer.
  virtual void called(const Method* method, Outcome outcome, std::uint64_t nanos) = 0;
};

}  // namespace rpc
