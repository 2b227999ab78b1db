// event_server - the gateway's HTTP front and event hub with nothing behind them, to measure
// fan-out. GET /events is the real endpoint; POST /publish makes one event of its body. The log is
// in memory. Usage: event_server PORT     (loopback; prints "listening on http://..."; SIGTERM ends
// it)
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/endpoints/endpoints.h"
#include "gateway/hub/hub.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/fd.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/server/server.h"

namespace {

using namespace gateway;  // NOLINT: a bench speaks the gateway's nouns

// What comes before the stream: nothing.
class Nothing final : public OpeningSteps {
 public:
  explicit Nothing(base::EventId newest) : newest_(newest) {}
  base::Result<bool> step() override { return true; }
  StreamOpening take() override { return {newest_, false, {}}; }

 private:
  const base::EventId newest_;
};

// The last thousand events; enough for nobody here ever resumes.
class RecentEvents final : public EventSource {
 public:
  EventFrame append(std::string_view text) {
    const std::lock_guard lock(mutex_);
    EventFrame frame{base::EventId(++newest_), base::AccountId(1), base::ChatId(0), "Info",
                     R"({"type":"Info","account_id":1,"msg":")" + std::string(text) + "\"}"};
    events_.push_back(frame);
    if (events_.size() > 1000) events_.pop_front();
    return frame;
  }
  base::Result<FramePage> read_after(base::EventId after, std::size_t limit, std::size_t,
                                     const EventFilter&) override {
    const std::lock_guard lock(mutex_);
    FramePage out;
    for (const EventFrame& frame : events_) {
      if (frame.id > after && out.events.size() < limit) out.events.push_back(frame);
    }
    out.newest = base::EventId(newest_);
    out.start = out.floor = base::EventId(newest_ - events_.size());
    out.reached = out.events.size() < limit ? out.newest : out.events.back().id;
    return out;
  }
  base::Result<std::unique_ptr<OpeningSteps>> open(const EventFilter&, bool) override {
    const std::lock_guard lock(mutex_);
    return std::unique_ptr<OpeningSteps>(std::make_unique<Nothing>(base::EventId(newest_)));
  }
  base::Result<base::EventId> newest() override {
    const std::lock_guard lock(mutex_);
    return base::EventId(newest_);
  }

 private:
  std::mutex mutex_;
  std::deque<EventFrame> events_;
  std::uint64_t newest_ = std::uint64_t{1} << 40;
};

int run(std::uint16_t port) {
  base::log::set_level(base::log::Level::warning);
  raise_fd_limit();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const base::SystemClock clock;
  RecentEvents events;
  WorkerPool workers;
  auto loop = EventLoop::create(clock);
  auto hub = Hub::start(events, workers, clock);
  if (!loop || !hub) return 1;
  HttpServer server(**loop, workers);
  add_events_endpoint(server.routes(), **hub);
  Route publish;
  publish.method = "POST";
  publish.path = "/publish";
  publish.body_limit = 64 * 1024;
  // The hub takes events in the order of their ids, as the daemon's one writer gives them.
  std::mutex order;
  publish.handle = [&events, &order, hub = hub->get()](Request request, Responder responder) {
    const std::lock_guard lock(order);
    std::vector<EventFrame> frames;
    frames.push_back(events.append(request.body));
    hub->publish(std::move(frames));
    responder.answer(Response::json("{}"));
  };
  server.routes().add(std::move(publish));
  const auto listening = server.listen({"127.0.0.1", port});
  if (!listening) {
    std::fprintf(stderr, "event_server: %s\n", listening.error().message.c_str());
    return 1;
  }
  if (!server.start()) return 1;
  std::printf("listening on http://%s\n", listening->c_str());
  std::fflush(stdout);
  std::jthread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    (*loop)->post([&] { server.stop(1000, [&] { (*loop)->stop(); }); });
  });
  (*loop)->run();
  workers.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{0});
}
