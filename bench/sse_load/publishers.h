// Publishers: four connections that publish numbered events, each with one request under way.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "bench/sse_load/options.h"

class Publishers {
 public:
  explicit Publishers(const Options& options) : options_(options) {}

  // Publishes all events and returns when all are answered.
  void run();

  std::size_t published = 0;
  std::size_t failed = 0;  // no 2xx, not what was expected in it, or no answer
  double seconds = 0;
  std::vector<float> micros;  // from a request to its answer

 private:
  void work();
  bool publish(int& fd, std::size_t number, std::int64_t due);

  const Options& options_;
  std::int64_t begun_ = 0;
  std::atomic<std::size_t> next_{0};
  base::Mutex mutex_;  // of the figures, while run() is under way
};
