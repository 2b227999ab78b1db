// Counter and Histogram: figures that many threads add to and one reads now and then. Each thread
// adds to a cache line of its own, mostly, so that counting costs a few nanoseconds however many
// threads do it. Safe from any thread; a reading may miss what is added meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace base {

inline constexpr std::size_t kCounterShards = 4;

// Which shard this thread adds to.
inline std::size_t counter_shard() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine =
      next.fetch_add(1, std::memory_order_relaxed) % kCounterShards;
  return mine;
}

class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    shards_[counter_shard()].value.fetch_add(amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Shard, kCounterShards> shards_;
};

// Durations, counted by how long they were.
class Histogram {
 public:
  // Upper bounds in nanoseconds; what is longer than the last counts beyond it.
  static constexpr std::array<std::uint64_t, 15> kBounds = {
      100'000,     250'000,     500'000,       1'000'000,     2'500'000,
      5'000'000,   10'000'000,  25'000'000,    50'000'000,    100'000'000,
      250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};

  struct Reading {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  // each for itself, not added up
    std::uint64_t nanos = 0;                                 // of all together
    std::uint64_t total() const {
      std::uint64_t sum = 0;
      for (const std::uint64_t count : counts) sum += count;
      return sum;
    }
  };

  void add(std::uint64_t nanos) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && nanos > kBounds[bucket]) ++bucket;
    Shard& shard = shards_[counter_shard()];
    shard.counts[bucket].fetch_add(1, std::memory_order_relaxed);
    shard.nanos.fetch_add(nanos, std::memory_order_relaxed);
  }
  Reading read() const {
    Reading out;
    for (const Shard& shard : shards_) {
      for (std::size_t i = 0; i < out.counts.size(); ++i) {
        out.counts[i] += shard.counts[i].load(std::memory_order_relaxed);
      }
      out.nanos += shard.nanos.load(std::memory_order_relaxed);
    }
    return out;
  }

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts{};
    std::atomic<std::uint64_t> nanos{0};
  };
  std::array<Shard, kCounterShards> shards_;
};

}  // namespace base
