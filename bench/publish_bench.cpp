// The writes that arrays of events make, which the writes of everybody else wait for: 1,000 events
// on 200 channels at a time (bench/neighbours, `publishes`), in one process.
//
//   publish_bench [FOLDER [ARRAYS [CHANNELS]]]     one JSON line
//
// FOLDER must be on the disk to be measured; a temporary folder is made in it. The first tenth is
// not counted: channels begin in it.
#include <fmt/format.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "store/schema/migrations.h"
#include "store/store.h"
#include "store/tables/channels.h"

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kEvents = 1'000;

double ms(SteadyClock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Of this thread; what else runs on the machine does not count.
double processor_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The frames that the write-ahead log holds since it was begun anew: a page each.
std::size_t pages_in_log(const std::string& path) {
  constexpr std::size_t kHeader = 32;
  constexpr std::size_t kFrame = 24 + 4096;
  std::ifstream in(path, std::ios::binary);
  const std::string log{std::istreambuf_iterator<char>(in), {}};
  std::size_t pages = 0;
  // Frames of the log's present salt come first.
  while (kHeader + (pages + 1) * kFrame <= log.size() &&
         log.compare(kHeader + pages * kFrame + 8, 8, log, 16, 8) == 0) {
    ++pages;
  }
  return pages;
}

std::string figures(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return fmt::format(R"({{"half":{:.2f},"p99":{:.2f},"worst":{:.2f}}})", times[times.size() / 2],
                     times[times.size() * 99 / 100], times.back());
}

int run(const std::string& dir, std::size_t arrays, std::size_t channels) {
  base::SystemClock clock;
  auto opened =
      store::Store::open({.dir = dir, .migrations = store::migrations(), .clock = &clock});
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    return 1;
  }
  store::Store& store = **opened;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < channels; ++i) names.push_back(fmt::format("noise{}", i));
  std::vector<double> writes;       // on the writer's thread, without their commit
  std::vector<double> processor;    // of them
  std::vector<double> with_commit;  // processor time from one write to the next
  std::vector<double> answers;      // until the commit is durable
  std::vector<double> pages;        // of each commit; not of those before which the log was emptied
  std::size_t logged = 0;
  double began = 0;
  for (std::size_t array = 0; array < arrays; ++array) {
    std::vector<store::NewChannelEvent> events;
    for (std::size_t i = 0; i < kEvents; ++i) {
      events.push_back({names[i % channels], base::Bytes(250, static_cast<std::uint8_t>(i))});
    }
    store::ChannelCall call(store.vault(), 200, events);
    SteadyClock::duration took{};
    double used = 0;
    double turn = 0;
    const auto begin = SteadyClock::now();
    const auto ids = store.write_now<std::vector<base::EventId>>([&](store::Tx& tx) {
      const auto inside = SteadyClock::now();
      const double before = processor_ms();
      turn = before - std::exchange(began, before);
      auto out = store::append_channel_events(tx, {}, call);
      took = SteadyClock::now() - inside;
      used = processor_ms() - before;
      return out;
    });
    if (!ids) {
      fmt::print(stderr, "{}\n", ids.error().message);
      return 1;
    }
    const double answered = ms(SteadyClock::now() - begin);
    const std::size_t before = std::exchange(logged, pages_in_log(dir + "/store.db-wal"));
    if (array < arrays / 10) continue;
    if (logged > before) pages.push_back(static_cast<double>(logged - before));
    writes.push_back(ms(took));
    processor.push_back(used);
    with_commit.push_back(turn);
    answers.push_back(answered);
  }
  fmt::print(
      "{{\"bench\":\"publish\",\"arrays\":{},\"channels\":{},\"write_ms\":{},"
      "\"write_processor_ms\":{},\"turn_processor_ms\":{},\"answer_ms\":{},\"pages\":{}}}\n",
      arrays, channels, figures(writes), figures(processor), figures(with_commit), figures(answers),
      figures(pages));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string where = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  const std::size_t arrays = argc > 2 ? std::stoul(argv[2]) : 300;
  const std::size_t channels = argc > 3 ? std::stoul(argv[3]) : 200;
  std::string dir = where + "/publish-bench-XXXXXX";
  if (::mkdtemp(dir.data()) == nullptr) {
    fmt::print(stderr, "no folder can be made in {}\n", where);
    return 1;
  }
  const int code = run(dir + "/store", arrays, channels);
  std::filesystem::remove_all(dir);
  return code;
}
