// ImexProgress events of one backup, import or transfer: at most forty, whatever its size. Also of
// accounts that no list has meanwhile. One thread at a time.
#pragma once

#include <cstdint>

#include "messaging/kernel/core.h"

namespace messaging {

class ImexReporter {
 public:
  ImexReporter(kernel::Core& core, AccountId account) : core_(core), account_(account) {}

  // Progress within this step's part of the whole, in thousandths.
  void step(std::uint32_t from, std::uint32_t to) {
    from_ = from;
    to_ = to;
  }
  void done(std::uint64_t bytes, std::uint64_t all) {
    if (all == 0) return;
    const auto part = static_cast<std::uint32_t>((to_ - from_) * (bytes < all ? bytes : all) / all);
    constexpr std::uint32_t kStep = 25;
    const std::uint32_t now = from_ + part;
    if (now < reported_ + kStep || now >= 1000) return;
    reported_ = now;
    emit(now);
  }
  // 1000 for success, 0 for failure. Emitted before the call is answered.
  void end(bool well) {
    (void)core_.store.write_now<void>([&](store::Tx& tx) {
      return kernel::Core::emit(tx, account_, ImexProgress{well ? 1000U : 0U});
    });
  }

 private:
  void emit(std::uint32_t thousandths) {
    core_.store.write<void>(
        [account = account_, thousandths](store::Tx& tx) {
          return kernel::Core::emit(tx, account, ImexProgress{thousandths});
        },
        [](const base::Result<>&) {});
  }
  kernel::Core& core_;
  const AccountId account_;
  std::uint32_t from_ = 0;
  std::uint32_t to_ = 1000;
  std::uint32_t reported_ = 0;
};

}  // namespace messaging
