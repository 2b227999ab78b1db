// CallFigures: how often each method was called, how it ended and how long it took. A method costs
// nothing until its first call. Safe from any thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "base/counter.h"
#include "gateway/metrics/text.h"
#include "rpc/method.h"
#include "rpc/observer.h"

namespace gateway {

class CallFigures final : public rpc::CallObserver {
 public:
  explicit CallFigures(const rpc::MethodTable& table);  // outlives this
  ~CallFigures() override;
  CallFigures(const CallFigures&) = delete;
  CallFigures& operator=(const CallFigures&) = delete;

  void called(const rpc::Method* method, rpc::Outcome outcome, std::uint64_t nanos) override;
  void write(MetricsText& out) const;

 private:
  struct Figures {
    std::array<base::Counter, 4> outcomes;
    base::Histogram time;
  };
  Figures& at(std::size_t index);

  const rpc::MethodTable& table_;
  std::vector<std::atomic<Figures*>> methods_;  // as in the table; the last is for unknown names
};

}  // namespace gateway
