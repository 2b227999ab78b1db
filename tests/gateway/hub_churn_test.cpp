// Readers come, stall, leave and come back at random while events are published in floods and
// trickles; whoever stays must be able to account for every event since it came.
#include <random>

#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;

struct Listener {
  Listener(Client c, std::uint64_t at) : client(std::move(c)), reached(at) {}

  Client client;
  std::uint64_t reached;  // every id up to here was seen or counted as missed
  std::uint64_t missed = 0;
};

std::unique_ptr<Listener> join(HubWorld& world, std::mt19937& random, std::uint64_t resume_after) {
  const std::uint64_t before = world.hub->stats().connected;
  Client client(world.http->port, random() % 2 == 0 ? 4096 : 0);
  const std::string last =
      resume_after == 0 ? "" : "Last-Event-ID: " + std::to_string(resume_after) + "\r\n";
  client.send(get("/events", last));
  if (client.reply(true).status != 200) throw std::runtime_error("not subscribed");
  if (!eventually([&] { return world.hub->stats().connected > before; })) {
    throw std::runtime_error("the hub does not know the subscriber");
  }
  if (resume_after != 0) return std::make_unique<Listener>(std::move(client), resume_after);
  const std::string greeting = client.read_until("\n:\n");  // "id: N\n:\n"
  return std::make_unique<Listener>(std::move(client), std::stoull(greeting.substr(4)));
}

// Reads up to and with the event `last`, checking that nothing is missing, double or out of order.
void read_to(Listener& listener, std::uint64_t last) {
  while (listener.reached < last) {
    const std::string text = listener.client.read_until("\n\n");
    REQUIRE_FALSE(text.empty());
    const auto frames = parse_stream(text);
    if (frames.empty()) continue;  // a ping
    const Seen& frame = frames[0];
    if (frame.event == "lag") {
      const std::uint64_t dropped = std::stoull(frame.data.substr(frame.data.find(':') + 1));
      // Told before it resumes: what was dropped lies between what it saw and this id.
      listener.missed += dropped;
      listener.reached += dropped;
      REQUIRE(listener.reached == std::stoull(frame.id));
      continue;
    }
    REQUIRE(std::stoull(frame.id) == listener.reached + 1);
    ++listener.reached;
  }
}

// Under the sanitizers a step takes thirty times as long, and fewer of them show as much.
#ifdef EDGE_SANITIZED
constexpr int kSteps = 250;
#else
constexpr int kSteps = 400;
#endif

TEST_CASE("whoever comes, stalls and goes: every event is seen or counted, once") {
  std::mt19937 random(4);
  HubWorld world({.ring_bytes = 128 * 1024, .ping_interval = 50});
  std::vector<std::unique_ptr<Listener>> listeners;
  std::uint64_t newest = 1000;
  const std::string filler = ",\"text\":\"" + std::string(500, 'x') + "\"";
  const auto publish = [&](std::size_t count) {
    std::vector<EventFrame> frames;
    for (std::size_t i = 0; i < count; ++i) {
      frames.push_back(world.log.append(AccountId(1), ChatId(1), "IncomingMsg", filler));
    }
    newest += count;
    world.hub->publish(std::move(frames));
  };
  for (int step = 0; step < kSteps; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
        if (listeners.size() < 60) listeners.push_back(join(world, random, 0));
        break;
      case 2:  // one goes, perhaps in the middle of a frame
        if (!listeners.empty()) {
          std::swap(listeners[random() % listeners.size()], listeners.back());
          listeners.pop_back();
        }
        break;
      case 3:  // one is cut off and comes back for the rest
        if (!listeners.empty()) {
          auto& one = listeners[random() % listeners.size()];
          read_to(*one, one->reached + (newest - one->reached) / 2);
          auto again = join(world, random, one->reached);
          again->missed = one->missed;
          one = std::move(again);
        }
        break;
      case 4:  // one catches up
        if (!listeners.empty()) read_to(*listeners[random() % listeners.size()], newest);
        break;
      case 5:
        publish(200 + random() % 200);
        break;
      default:
        publish(1 + random() % 5);
    }
  }
  publish(1);
  std::uint64_t missed = 0;
  for (const auto& listener : listeners) {
    read_to(*listener, newest);
    missed += listener->missed;
  }
  CHECK(eventually([&] { return world.hub->stats().subscribers == listeners.size(); }));
  CHECK(eventually([&] { return world.hub->stats().kept_bytes == 0; }));
  CHECK(world.hub->stats().published == newest - 1000);
  // Those who left may have missed some too.
  CHECK(world.hub->stats().dropped >= missed);
  CHECK(missed > 0);
}

}  // namespace
}  // namespace gateway::test
