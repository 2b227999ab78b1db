#include "base/counter.h"

#include <thread>
#include <vector>

#include "tests/support/catch.h"

TEST_CASE("what many threads count is all there") {
  base::Counter counter;
  base::Histogram histogram;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t n = 0; n < 10'000; ++n) {
          counter.add();
          histogram.add(n * 1000);
        }
      });
    }
  }
  CHECK(counter.value() == 60'000);
  const auto reading = histogram.read();
  CHECK(reading.total() == 60'000);
  CHECK(reading.nanos == 6 * 1000 * (9'999ULL * 10'000 / 2));
}

TEST_CASE("a duration counts in the first bucket that holds it") {
  base::Histogram histogram;
  histogram.add(0);
  histogram.add(100'000);
  histogram.add(100'001);
  histogram.add(11'000'000'000);
  const auto reading = histogram.read();
  CHECK(reading.counts.front() == 2);
  CHECK(reading.counts[1] == 1);
  CHECK(reading.counts.back() == 1);
}
