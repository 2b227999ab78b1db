#include "messaging/peering/arrivals.h"

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace messaging::peering {
namespace {

constexpr base::Millis kPauseWhileFull = 1'000;
constexpr std::chrono::microseconds kSlicesTime{8'000};  // of all that are under way
constexpr std::chrono::microseconds kLongestSlice{2'000};
constexpr std::chrono::microseconds kShortestSlice{200};
constexpr std::uint32_t kStepsAtOnce = 2'048;  // of a chain: three milliseconds

}  // namespace

void Arrivals::add(DeliveryPtr delivery) {
  const std::string party = delivery->party;
  const std::size_t bytes = delivery->bytes;
  bool taken = false;
  {
    base::Lock lock(mutex_);
    taken = bytes_ + bytes <= kMostBytes && queue_.push(party, std::move(delivery));
    if (taken) bytes_ += bytes;
  }
  // An item that the queue refused was not moved from. NOLINTNEXTLINE(bugprone-use-after-move)
  if (!taken) return delivery->done(Delivery::End{false, kPauseWhileFull});
  start_ready();
}

// A delivery that ends at once may call this function again; the loop that is already running then
// continues.
void Arrivals::start_ready() {
  {
    base::Lock lock(mutex_);
    if (starting_) return;
    starting_ = true;
  }
  for (;;) {
    std::vector<DeliveryPtr> ready;
    {
      base::Lock lock(mutex_);
      while (under_way_ < kMostUnderWay) {
        auto next = queue_.pop();
        if (!next) break;
        ++under_way_;
        ready.push_back(std::move(next->item));
      }
      if (ready.empty()) {
        starting_ = false;
        return;
      }
    }
    for (const DeliveryPtr& delivery : ready) submit(delivery);
  }
}

std::chrono::microseconds Arrivals::time_of_slice() {
  base::Lock lock(mutex_);
  return std::clamp(kSlicesTime / static_cast<std::int64_t>(std::max<std::size_t>(under_way_, 1)),
                    kShortestSlice, kLongestSlice);
}

void Arrivals::submit(const DeliveryPtr& delivery) {
  struct Slice {
    SliceEnd end;
    bool goes_on = false;  // another slice was submitted and will answer
  };
  auto slice = std::make_shared<Slice>();
  core_.write<void>(
      delivery->account,
      [this, delivery, slice](store::Tx& tx, const store::Scope& scope,
                              const kernel::AccountState& state) -> base::Result<> {
        if (delivery->failed) {
          return base::fail(base::Errc::unavailable, "what came before it could not be stored");
        }
        EDGE_TRY(const kernel::AccountPtr now, core_.directory.get(delivery->account));
        if (!now->io_on) return base::fail(base::Errc::unavailable, "the account's io is stopped");
        ++slices_;
        EDGE_TRY(slice->end, apply_({core_, tx, scope, state}, *delivery, time_of_slice()));
        if (slice->end.kind != SliceEnd::Kind::more) return {};
        slice->goes_on = true;
        submit(delivery);
        return {};
      },
      [this, delivery, slice](base::Result<> result) {
        if (!result) {
          if (result.error().code == base::Errc::sealed && !delivery->failed &&
              delivery->begin_slice_again()) {
            return submit(delivery);
          }
          if (!delivery->failed) {
            base::log::warning("account {}: what arrived could not be stored: {}",
                               delivery->account.value, result.error().message);
          }
          delivery->failed = true;
        }
        if (slice->goes_on) return;
        if (!result) return finish(delivery, std::move(result).error());
        slice_done(delivery, slice->end);
      });
}

void Arrivals::slice_done(const DeliveryPtr& delivery, const SliceEnd& end) {
  switch (end.kind) {
    case SliceEnd::Kind::walk:
      return walk(delivery);
    case SliceEnd::Kind::later:
      return finish(delivery, Delivery::End{false, end.later});
    case SliceEnd::Kind::more:
    case SliceEnd::Kind::finished:
      return finish(delivery, Delivery::End{true, 0});
  }
}

// The delivery keeps its party's turn and releases its slot at the writer.
void Arrivals::walk(const DeliveryPtr& delivery) {
  {
    base::Lock lock(mutex_);
    --under_way_;
  }
  side_.add(delivery->party, [this, delivery] {
    const auto walk = std::find_if(delivery->walks.begin(), delivery->walks.end(),
                                   [](const crypto::ChainWalk& one) { return one.left() > 0; });
    if (walk != delivery->walks.end()) {
      const std::uint32_t before = walk->left();
      walk->step(kStepsAtOnce);
      steps_beside_ += before - walk->left();
      return false;
    }
    {
      base::Lock lock(mutex_);
      ++under_way_;
    }
    submit(delivery);
    return true;
  });
  start_ready();
}

void Arrivals::finish(const DeliveryPtr& delivery, base::Result<Delivery::End> end) {
  {
    base::Lock lock(mutex_);
    --under_way_;
    bytes_ -= delivery->bytes;
    queue_.done(delivery->party);
  }
  delivery->done(std::move(end));
  start_ready();
}

}  // namespace messaging::peering
