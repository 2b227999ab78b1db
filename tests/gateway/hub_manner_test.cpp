// Streams that differ from those of /events: they begin with a greeting, are pinged by events that
// scripts see, read the log again instead of lagging, and end with the last event.
#include "gateway/hub/filter.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;
using base::EventId;

constexpr ChatId kMine{1};
constexpr ChatId kOther{2};

EventFrame line(ChatId chat, std::string text) {
  return {
      .id = {}, .account = AccountId(1), .chat = chat, .type = "output", .data = std::move(text)};
}

EventFrame last(ChatId chat) {
  EventFrame out = line(chat, "over");
  out.type = "complete";
  out.last = true;
  return out;
}

// GET /output?after=ID streams what belongs to kMine.
struct OutputWorld {
  explicit OutputWorld(HubOptions options = {}) {
    hub = std::move(Hub::start(log, workers, clock, options).value());
    http = std::make_unique<HttpWorld>([this](RouteTable& routes) { add(routes); });
  }
  ~OutputWorld() {
    hub->stop();
    http.reset();
    workers.stop();
  }
  void add(RouteTable& routes) {
    Route route;
    route.method = "GET";
    route.path = "/output";
    route.handle = [this](Request request, Responder responder) {
      StreamOptions options;
      options.filter.chats = {kMine};
      options.manner = {.named = true, .heartbeats = true, .rereads = true, .ends = true};
      if (const auto after = request.param("after")) {
        options.resume = {.given = true, .after = EventId(std::stoull(std::string(*after)))};
      }
      EventFrame greeting;
      greeting.type = "connected";
      greeting.data = "hello";
      options.greeting = greeting;
      Response response;
      response.content_type = "text/event-stream";
      response.chunked = true;
      response.take_over = [this, options](StreamSocket socket) {
        hub->subscribe(std::move(socket), options);
      };
      responder.answer(std::move(response));
    };
    routes.add(std::move(route));
  }
  Client open(const std::string& query = "", int receive_buffer = 0) {
    const std::uint64_t before = hub->stats().connected;
    Client client(http->port, receive_buffer);
    client.send(get("/output" + query));
    CHECK(client.reply(true).status == 200);
    CHECK(eventually([&] { return hub->stats().connected > before; }));
    return client;
  }
  void publish(EventFrame frame) {
    hub->publish(std::vector<EventFrame>{log.append(std::move(frame))});
  }

  MemoryLog log;
  base::SystemClock clock;
  WorkerPool workers{2};
  std::unique_ptr<Hub> hub;
  std::unique_ptr<HttpWorld> http;
};

TEST_CASE("a greeting comes first, with the id at which the stream stands") {
  OutputWorld world;
  Client fresh = world.open();
  CHECK(fresh.read_until("\n\n") == "event: connected\nid: 1000\ndata: hello\n\n");
  world.publish(line(kMine, "one"));
  CHECK(fresh.read_until("\n\n") == "event: output\nid: 1001\ndata: one\n\n");
  Client resumed = world.open("?after=1000");
  CHECK(resumed.read_until("data: one\n\n") ==
        "event: connected\nid: 1000\ndata: hello\n\nevent: output\nid: 1001\ndata: one\n\n");
}

TEST_CASE("a stream ends with the last event of its chat, live, late and replayed") {
  OutputWorld world({.ring_bytes = 64 * 1024});
  Client live = world.open();
  world.publish(line(kMine, "one"));
  world.publish(last(kOther));
  world.publish(line(kMine, "two"));
  world.publish(last(kMine));
  world.publish(line(kMine, "nobody writes after the end"));
  const std::string all = live.read_to_end();
  CHECK(all.ends_with("data: two\n\nevent: complete\nid: 1004\ndata: over\n\n"));
  CHECK(all.find("nobody") == std::string::npos);
  CHECK(world.open("?after=1000").read_to_end() == all);
  // From the log, once the ring holds it no more.
  for (int i = 0; i < 200; ++i) world.publish(line(kOther, std::string(1000, 'x')));
  REQUIRE(eventually([&] { return world.hub->stats().published == 205; }));
  const std::size_t reads = world.log.reads();
  CHECK(world.open("?after=1000").read_to_end() == all);
  CHECK(world.log.reads() > reads);
}

TEST_CASE("a heartbeat is an event with the position that the stream has reached") {
  OutputWorld world({.ping_interval = 40});
  Client client = world.open();
  world.publish(line(kOther, "passes by"));
  REQUIRE(eventually([&] { return world.hub->stats().published == 1; }));
  client.read_until("event: heartbeat\nid: 1001\ndata: {}\n\n");
}

TEST_CASE("who falls behind the ring reads the log again and misses nothing") {
  constexpr int kLines = 4000;
  OutputWorld world({.ring_bytes = 256 * 1024, .patience = 0});
  Client slow = world.open("", 4096);
  for (int i = 0; i < kLines; ++i) {
    world.publish(line(i % 4 == 0 ? kOther : kMine, std::to_string(i) + std::string(900, 'x')));
    if (i % 100 == 0) world.hub->wait_for_room();
  }
  REQUIRE(eventually([&] { return world.hub->stats().published == kLines; }));
  world.publish(last(kMine));
  const auto seen = parse_stream(slow.read_to_end());
  REQUIRE(seen.size() == kLines * 3 / 4 + 2);
  CHECK(world.log.reads() > 0);
  CHECK(world.hub->stats().dropped == 0);
  for (std::size_t at = 1; at + 1 < seen.size(); ++at) {
    REQUIRE(std::stoull(seen[at].id) > std::stoull(seen[at - 1].id));
    REQUIRE(seen[at].event == "output");
  }
  CHECK(seen.back().event == "complete");
}

TEST_CASE("close_all() ends every stream where it stands, and it resumes there") {
  OutputWorld world;
  Client client = world.open();
  world.publish(line(kMine, "one"));
  client.read_until("data: one\n\n");
  world.hub->close_all();
  CHECK(client.closed_by_server());
  world.publish(line(kMine, "two"));
  CHECK(world.open("?after=1001").read_until("data: two\n\n").find("id: 1002\n") !=
        std::string::npos);
}

TEST_CASE("a publisher that is faster than the hub waits for it, and not once it is stopped") {
  OutputWorld world({.inbox_bytes = 10'000});
  for (int i = 0; i < 2000; ++i) {
    world.publish(line(kMine, std::string(2000, 'x')));
    world.hub->wait_for_room();
  }
  CHECK(eventually([&] { return world.hub->stats().published == 2000; }));
  world.hub->stop();
  world.publish(line(kMine, std::string(20'000, 'x')));
  world.hub->wait_for_room();  // returns
}

}  // namespace
}  // namespace gateway::test
