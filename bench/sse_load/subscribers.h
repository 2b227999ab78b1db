// Subscribers: many event streams on one thread. They note when each event came, once per stream,
// and count what came twice, what the server said that it dropped and which streams ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/sse_load/answer_reader.h"
#include "bench/sse_load/options.h"

class Subscribers {
 public:
  explicit Subscribers(const Options& options);
  ~Subscribers() { stop(); }

  // Seconds until the last stream began; gives up when for ten seconds none did.
  double connect();
  // Ends the thread; the figures below that are no atomics may be read then.
  void stop();

  std::size_t ready() const { return ready_; }
  std::size_t failed() const { return failed_; }  // before they began
  std::size_t delivered() const { return delivered_; }
  std::int64_t last_came() const { return last_came_; }  // nanoseconds

  std::size_t closed = 0;  // after they began
  std::size_t duplicates = 0;
  std::size_t lag_dropped = 0;
  std::vector<float> micros;  // from when an event was due to when it came, of each delivery

 private:
  struct Stream {
    int fd = -1;
    bool connected = false;
    bool ready = false;
    bool in_lag = false;  // between "event: lag" and the end of that event
    AnswerReader answer = {};
    std::string rest = {};                 // of a line that has not ended
    std::vector<std::uint64_t> seen = {};  // a bit an event
  };

  void run();
  void open(Stream& stream, std::size_t number);
  void on_writable(Stream& stream);
  void on_readable(Stream& stream);
  void take(Stream& stream, std::string_view text, std::int64_t now);
  void on_line(Stream& stream, std::string_view line, std::int64_t now);
  void end(Stream& stream);

  const Options& options_;
  std::vector<Stream> streams_;
  std::vector<char> buffer_;
  int poll_ = -1;
  std::size_t opening_ = 0;  // under way
  std::atomic<std::size_t> ready_{0}, failed_{0}, delivered_{0};
  std::atomic<std::int64_t> last_came_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};
