#include "gateway/metrics/call_figures.h"

namespace gateway {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes = {"ok", "invalid", "refused", "failed"};

}  // namespace

CallFigures::CallFigures(const rpc::MethodTable& table)
    : table_(table), methods_(table.methods().size() + 1) {}

CallFigures::~CallFigures() {
  for (auto& figures : methods_) delete figures.load();
}

CallFigures::Figures& CallFigures::at(std::size_t index) {
  Figures* known = methods_[index].load(std::memory_order_acquire);
  if (known != nullptr) return *known;
  auto fresh = std::make_unique<Figures>();
  // Another thread may have been faster.
  if (methods_[index].compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) {
    return *fresh.release();
  }
  return *known;
}

void CallFigures::called(const rpc::Method* method, rpc::Outcome outcome, std::uint64_t nanos) {
  const auto& all = table_.methods();
  const std::size_t index =
      method == nullptr ? all.size() : static_cast<std::size_t>(method - all.data());
  Figures& figures = at(index);
  figures.outcomes[static_cast<std::size_t>(outcome)].add();
  // The time of a parked call is that of its event, not a figure of the daemon.
  if (method != nullptr && method->timing != rpc::Timing::parked) figures.time.add(nanos);
}

void CallFigures::write(MetricsText& out) const {
  const auto for_each = [&](auto&& visit) {
    for (std::size_t i = 0; i < methods_.size(); ++i) {
      const Figures* const figures = methods_[i].load(std::memory_order_acquire);
      if (figures == nullptr) continue;
      const bool known = i < table_.methods().size();
      visit(known ? table_.methods()[i].name : "(unknown)", *figures);
    }
  };
  out.counter("privitty_rpc_calls_total", "JSON-RPC calls by method and outcome.");
  for_each([&](std::string_view name, const Figures& figures) {
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
      const std::uint64_t count = figures.outcomes[i].value();
      if (count > 0) out.sample(count, {{"method", name}, {"outcome", kOutcomes[i]}});
    }
  });
  out.histogram("privitty_rpc_call_seconds",
                "From a call's turn to its answer; calls that wait for news are left out.");
  for_each([&](std::string_view name, const Figures& figures) {
    const auto reading = figures.time.read();
    if (reading.total() > 0) out.sample(reading, {{"method", name}});
  });
}

}  // namespace gateway
