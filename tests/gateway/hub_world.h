// A hub with an event log in memory, and subscribers over real sockets.
#pragma once

#include <sys/socket.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/endpoints/endpoints.h"
#include "tests/gateway/http_world.h"

namespace gateway::test {

class MemoryLog final : public EventSource {
 public:
  explicit MemoryLog(std::uint64_t before_first = 1000) : newest_(before_first) {}
  // Takes the next id and makes a frame of it.
  EventFrame append(base::AccountId account = base::AccountId(1),
                    base::ChatId chat = base::ChatId(0), std::string type = "IncomingMsg",
                    std::string extra = "") {
    const std::lock_guard lock(mutex_);
    newest_ += 1;
    EventFrame frame{base::EventId(newest_), account, chat, type,
                     "{\"type\":\"" + type + "\",\"n\":" + std::to_string(newest_) + extra + "}"};
    events_[newest_] = frame;
    return frame;
  }
  void trim_before(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    events_.erase(events_.begin(), events_.lower_bound(id));
  }
  void break_reads() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  std::size_t reads() {
    const std::lock_guard lock(mutex_);
    return reads_;
  }

  base::Result<std::vector<EventFrame>> read_after(base::EventId after,
                                                   std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (broken_) return base::fail(base::Errc::io, "the log is broken");
    std::vector<EventFrame> out;
    for (auto it = events_.upper_bound(after.value); it != events_.end() && out.size() < limit;
         ++it) {
      out.push_back(it->second);
    }
    return out;
  }
  base::Result<base::EventId> oldest() override {
    const std::lock_guard lock(mutex_);
    return base::EventId(events_.empty() ? newest_ + 1 : events_.begin()->first);
  }
  base::Result<base::EventId> newest() override {
    const std::lock_guard lock(mutex_);
    return base::EventId(newest_);
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, EventFrame> events_;
  std::uint64_t newest_;
  std::size_t reads_ = 0;
  bool broken_ = false;
};

// Log, hub and server with GET /events, as the daemon has them.
struct HubWorld {
  // `earlier` events are in the log already, of a run before this one.
  explicit HubWorld(HubOptions options = {}, std::uint64_t before_first = 1000, int earlier = 0,
                    HttpOptions http_options = {})
      : log(before_first), workers(2) {
    for (int i = 0; i < earlier; ++i) {
      log.append(base::AccountId(1), base::ChatId(0), i % 50 == 0 ? "Error" : "IncomingMsg");
    }
    hub = std::move(Hub::start(log, workers, clock, options).value());
    http = std::make_unique<HttpWorld>(
        [this](RouteTable& routes) { add_events_endpoint(routes, *hub); }, std::move(http_options));
  }
  ~HubWorld() {
    hub->stop();
    http.reset();
    workers.stop();
  }
  Client subscribe(const std::string& query = "", const std::string& fields = "",
                   int receive_buffer = 0) {
    const std::uint64_t before = hub->stats().connected;
    Client client(http->port, receive_buffer);
    client.send(get("/events" + query, fields));
    const Reply reply = client.reply(true);
    if (reply.status != 200) throw std::runtime_error("not subscribed: " + reply.head);
    if (!eventually([&] { return hub->stats().connected > before; })) {
      throw std::runtime_error("the hub does not know the subscriber");
    }
    return client;
  }
  EventFrame publish(EventFrame frame) {
    hub->publish(std::vector<EventFrame>{frame});
    return frame;
  }

  MemoryLog log;
  base::SystemClock clock;
  WorkerPool workers;
  std::unique_ptr<Hub> hub;
  std::unique_ptr<HttpWorld> http;
};

// One event as a client's parser sees it (WHATWG rules for the fields used here).
struct Seen {
  std::string event, id, data;
};
inline std::vector<Seen> parse_stream(std::string_view text) {
  std::vector<Seen> out;
  Seen now;
  bool any = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) {
      if (any) out.push_back(now);
      now = {};
      any = false;
    } else if (line.starts_with("data: ")) {
      if (any) now.data += '\n';
      now.data += line.substr(6);
      any = true;
    } else if (line.starts_with("id: ")) {
      now.id = line.substr(4);
    } else if (line.starts_with("event: ")) {
      now.event = line.substr(7);
    }
  }
  return out;
}

}  // namespace gateway::test
