#include "base/cancellation.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

TEST_CASE("a hook runs once when its source cancels, and at once after that") {
  base::CancelSource source;
  const base::Cancellation token = source.token();
  int runs = 0;
  const auto hook = token.on_cancel([&] { ++runs; });
  CHECK_FALSE(token.cancelled());
  source.cancel();
  source.cancel();
  CHECK(token.cancelled());
  CHECK(runs == 1);
  const auto late = token.on_cancel([&] { ++runs; });
  CHECK(runs == 2);
}

TEST_CASE("a source that is destroyed or replaced cancels") {
  std::optional<base::CancelSource> source(std::in_place);
  const auto first = source->token();
  *source = base::CancelSource();
  CHECK(first.cancelled());
  const auto second = source->token();
  CHECK_FALSE(second.cancelled());
  source.reset();
  CHECK(second.cancelled());
}

TEST_CASE("a hook that was let go does not run") {
  base::CancelSource source;
  int runs = 0;
  {
    const auto hook = source.token().on_cancel([&] { ++runs; });
  }
  source.cancel();
  CHECK(runs == 0);
}

TEST_CASE("hooks come and go on many threads while the source cancels") {
  for (int round = 0; round < 50; ++round) {
    base::CancelSource source;
    std::atomic<int> runs = 0;
    std::vector<base::Cancellation::Hook> kept(4);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
          for (int n = 0; n < 100; ++n) kept[i] = source.token().on_cancel([&] { ++runs; });
        });
      }
      threads.emplace_back([&] { source.cancel(); });
    }
    CHECK(source.token().cancelled());
    CHECK(runs >= 0);
    const int before = runs;
    source.cancel();
    CHECK(runs == before);
  }
}
