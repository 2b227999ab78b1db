// sse_load: load on a server of event streams, and a check of what it delivers: see options.cpp for
// what can be chosen, ../README.md for what is measured with it.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "bench/sse_load/event_mark.h"
#include "bench/sse_load/options.h"
#include "bench/sse_load/publishers.h"
#include "bench/sse_load/server_usage.h"
#include "bench/sse_load/subscribers.h"

namespace {

constexpr auto kSettle = std::chrono::milliseconds(500);  // between connecting and publishing
constexpr auto kDrain = std::chrono::seconds(3);          // nothing came for so long: it is lost

void allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    die(std::to_string(wanted) + " open files are needed; the limit is " +
        std::to_string(limit.rlim_cur));
  }
}

// Until everything came, or nothing comes any more.
void drain(const Subscribers& subscribers, std::size_t expected) {
  std::size_t known = subscribers.delivered();
  std::int64_t moved = now_nanos();
  while (known < expected && std::chrono::nanoseconds(now_nanos() - moved) < kDrain) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::size_t now_known = subscribers.delivered();
    if (now_known != known) moved = now_nanos();
    known = now_known;
  }
}

double quantile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

double per(double amount, double count) { return count > 0 ? amount / count : 0; }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

double own_processor() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  allow_descriptors(options.subscribers + 64);
  Subscribers subscribers(options);
  const ServerUsage before = ServerUsage::of(options.pid);
  const double connect_s = subscribers.connect();
  std::this_thread::sleep_for(kSettle);
  const ServerUsage connected = ServerUsage::of(options.pid);
  const auto ready = static_cast<double>(subscribers.ready());

  const double own_before = own_processor();
  const std::int64_t begun = now_nanos();
  Publishers publishers(options);
  publishers.run();
  const std::size_t expected = subscribers.ready() * options.events;
  drain(subscribers, expected);
  const double own = own_processor() - own_before;
  const ServerUsage after = ServerUsage::of(options.pid);
  subscribers.stop();

  const auto delivered = static_cast<double>(subscribers.delivered());
  const double deliver_s =
      delivered > 0 ? static_cast<double>(subscribers.last_came() - begun) / 1e9 : 0;
  const double processor = after.processor - connected.processor;
  const auto grown = static_cast<double>(connected.resident) - static_cast<double>(before.resident);
  const std::size_t lost = expected - subscribers.delivered();
  std::printf(
      "{\"label\":\"%s\",\"subscribers\":%zu,\"ready\":%zu,\"failed\":%zu,\"closed\":%zu,"
      "\"connect_s\":%.3f,\"events\":%zu,\"size\":%zu,\"rate\":%.1f,\"published\":%zu,"
      "\"publish_failed\":%zu,\"publish_s\":%.3f,\"publish_us\":{\"p50\":%.0f,\"p99\":%.0f},",
      escaped(options.label).c_str(), options.subscribers, subscribers.ready(),
      subscribers.failed(), subscribers.closed, connect_s, options.events, options.size,
      options.rate, publishers.published, publishers.failed, publishers.seconds,
      quantile(publishers.micros, 0.5), quantile(publishers.micros, 0.99));
  std::printf(
      "\"expected\":%zu,\"delivered\":%zu,\"lost\":%zu,\"duplicates\":%zu,\"lag_dropped\":%zu,"
      "\"deliver_s\":%.3f,\"delivered_per_s\":%.0f,"
      "\"lat_us\":{\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"max\":%.0f},",
      expected, subscribers.delivered(), lost, subscribers.duplicates, subscribers.lag_dropped,
      deliver_s, per(delivered, deliver_s), quantile(subscribers.micros, 0.5),
      quantile(subscribers.micros, 0.9), quantile(subscribers.micros, 0.99),
      quantile(subscribers.micros, 1));
  std::printf(
      "\"server\":{\"rss_kib_connected\":%zu,\"rss_kib_end\":%zu,\"rss_bytes_per_conn\":%.0f,"
      "\"cpu_connect_s\":%.2f,\"cpu_publish_s\":%.2f,\"cpu_us_per_delivery\":%.3f},"
      "\"loader_cpu_s\":%.2f}\n",
      connected.resident / 1024, after.resident / 1024, per(grown, ready),
      connected.processor - before.processor, processor, per(processor * 1e6, delivered), own);
  const bool good = lost == 0 && subscribers.failed() == 0 && subscribers.duplicates == 0 &&
                    publishers.failed == 0;
  return good ? 0 : 1;
}
