// eventually: waits for a condition that another thread or process brings about. The one place
// where tests look again after a pause; a minute is for slow machines and is never waited for
// otherwise.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace test {

// Whether it holds before a minute is over.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace test
