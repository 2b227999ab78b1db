// A hub with an event log in memory, and subscribers over real sockets.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <functional>
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
  explicit MemoryLog(std::uint64_t before_first = 1000)
      : before_first_(before_first), floor_(before_first), newest_(before_first) {}
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
  // An application's own event.
  EventFrame append(ChannelPart channel, std::string data, std::string type = "") {
    const std::lock_guard lock(mutex_);
    newest_ += 1;
    EventFrame frame{.id = base::EventId(newest_),
                     .account = {},
                     .chat = {},
                     .type = std::move(type),
                     .data = std::move(data),
                     .channel = std::make_shared<const ChannelPart>(std::move(channel))};
    events_[newest_] = frame;
    return frame;
  }
  // As it is, but for its id.
  EventFrame append(EventFrame frame) {
    const std::lock_guard lock(mutex_);
    newest_ += 1;
    frame.id = base::EventId(newest_);
    events_[newest_] = frame;
    return frame;
  }
  void trim_before(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    floor_ = id - 1;
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

  // What a new subscriber gets first, one frame for each channel it names.
  void set_initial(const EventFrame& frame) {
    const std::lock_guard lock(mutex_);
    initial_.push_back(frame);
  }

  base::Result<FramePage> read_after(base::EventId after, std::size_t limit, std::size_t,
                                     const EventFilter& filter) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (broken_) return base::fail(base::Errc::io, "the log is broken");
    FramePage out;
    auto it = events_.upper_bound(after.value);
    for (; it != events_.end() && out.events.size() < limit; ++it) {
      out.events.push_back(it->second);
    }
    out.newest = base::EventId(newest_);
    out.start = base::EventId(before_first_);
    out.floor = base::EventId(floor_);
    out.reached = it == events_.end() ? out.newest : out.events.back().id;
    out.dense = filter.passes_all();
    return out;
  }
  base::Result<std::unique_ptr<OpeningSteps>> open(const EventFilter& filter,
                                                   bool snapshot) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return base::fail(base::Errc::io, "the log is broken");
    ++openings_;
    StreamOpening out{base::EventId(newest_), snapshot, {}};
    for (const EventFrame& frame : initial_) {
      const auto& channels = filter.channels;
      if (std::find(channels.begin(), channels.end(), frame.channel->channel) != channels.end()) {
        out.frames.push_back(frame);
      }
    }
    return std::unique_ptr<OpeningSteps>(std::make_unique<Steps>(*this, std::move(out)));
  }
  // An opening takes so many steps more, each after what `before_step` does.
  void slow_openings(int steps, std::function<void()> before_step = {}) {
    const std::lock_guard lock(mutex_);
    steps_ = steps;
    before_step_ = std::move(before_step);
  }
  int openings() {
    const std::lock_guard lock(mutex_);
    return openings_;
  }
  // Runs on the hub's thread when an opening has been read and its streams are about to get it.
  void before_delivery(std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    before_delivery_ = std::move(call);
  }
  base::Result<base::EventId> newest() override {
    const std::lock_guard lock(mutex_);
    return base::EventId(newest_);
  }

 private:
  class Steps final : public OpeningSteps {
   public:
    Steps(MemoryLog& log, StreamOpening opening) : log_(log), opening_(std::move(opening)) {
      left_ = log.steps_;
    }
    base::Result<bool> step() override {
      std::function<void()> before;
      {
        const std::lock_guard lock(log_.mutex_);
        before = log_.before_step_;
      }
      if (before) before();
      return left_-- == 0;
    }
    StreamOpening take() override {
      std::function<void()> before;
      {
        const std::lock_guard lock(log_.mutex_);
        before = log_.before_delivery_;
      }
      if (before) before();
      return std::move(opening_);
    }

   private:
    MemoryLog& log_;
    StreamOpening opening_;
    int left_ = 0;
  };

  std::mutex mutex_;
  int steps_ = 0;
  int openings_ = 0;
  std::function<void()> before_step_;
  std::function<void()> before_delivery_;
  std::map<std::uint64_t, EventFrame> events_;
  std::vector<EventFrame> initial_;
  const std::uint64_t before_first_;
  std::uint64_t floor_;
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
    const bool resumes = query.find("last_event_id") != std::string::npos ||
                         fields.find("Last-Event-ID") != std::string::npos;
    // The position it begins at, unless there is more to say.
    if (!resumes && query.find("channel") == std::string::npos) client.read_until("\n:\n");
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
