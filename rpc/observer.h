// CallObserver: is called with every call once it is answered, for figures. It must be cheap and
// may be called from several threads at once.
#pragma once

#include <cstdint>

namespace rpc {

struct Method;

enum class Outcome : std::uint8_t {
  ok,
  invalid,  // no such method, wrong parameters, no request
  refused,  // a scope or an account that the key lacks, or the license
  failed,   // understood, and did not work
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // `method` is null when there is none of that name. `nanos`: from its turn to its answer.
  virtual void called(const Method* method, Outcome outcome, std::uint64_t nanos) = 0;
};

}  // namespace rpc
