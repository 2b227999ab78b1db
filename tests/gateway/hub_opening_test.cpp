// How streams get what comes first: one reading at a time, in steps, shared by those who ask alike.
#include <algorithm>
#include <atomic>

#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

Client open_stream(HubWorld& world, const std::string& query) {
  Client client(world.http->port);
  client.send(get("/events?" + query));
  if (client.reply(true).status != 200) throw std::runtime_error("not subscribed");
  return client;
}

TEST_CASE("many streams that ask for a snapshot keep one worker busy and read it once more") {
  HubWorld world;
  std::atomic<bool> go{false};
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  world.log.slow_openings(3, [&] {
    const int now = ++at_once;
    if (now > most) most = now;
    while (!go) std::this_thread::yield();
    --at_once;
  });
  std::vector<Client> streams;
  for (int i = 0; i < 50; ++i) streams.push_back(open_stream(world, "snapshot=1"));
  REQUIRE(eventually([&] { return at_once == 1 && world.hub->stats().connected == 50; }));
  // The other worker serves whoever else comes.
  std::atomic<bool> served{false};
  REQUIRE(world.workers.submit("another", [&] { served = true; }));
  CHECK(eventually([&] { return served.load(); }));
  go = true;
  for (Client& stream : streams)
    CHECK(stream.read_until("\n:\n").find("id: ") != std::string::npos);
  CHECK(most == 1);
  CHECK(world.log.openings() == 2);  // the first stream's, and one for those that came meanwhile
  const EventFrame frame = world.publish(world.log.append());
  for (Client& stream : streams) CHECK(stream.read_until(frame.data).ends_with(frame.data));
}

TEST_CASE("streams that share an opening get it one at a time, with the hub's other work between") {
  constexpr std::uint64_t kStreams = 50;
  HubWorld world;
  const base::EventId newest = world.log.append().id;  // an opening moves a stream to it
  std::atomic<bool> go{false};
  world.log.slow_openings(1, [&] {
    while (!go) std::this_thread::yield();
  });
  // The first stream's opening is read for it alone; the others come meanwhile and share the next.
  std::vector<Client> streams;
  for (std::uint64_t i = 0; i < kStreams; ++i) streams.push_back(open_stream(world, "snapshot=1"));
  REQUIRE(eventually([&] { return world.hub->stats().connected == kStreams; }));
  // What is asked of the hub before the shared opening is delivered is done after the first turns.
  std::atomic<int> served_then{-1};
  std::atomic<int> deliveries{0};
  world.log.before_delivery([&] {
    if (++deliveries != 2) return;
    // From another thread, so that it waits for its turn on the hub's.
    std::thread([&] {
      world.hub->list(std::nullopt, [&](const std::vector<SubscriberInfo>& infos) {
        served_then = static_cast<int>(
            std::count_if(infos.begin(), infos.end(),
                          [&](const SubscriberInfo& info) { return info.position >= newest; }));
      });
    }).join();
  });
  go = true;
  for (Client& stream : streams) {
    CHECK(stream.read_until("\n:\n").find("id: 1001") != std::string::npos);
  }
  REQUIRE(eventually([&] { return served_then >= 0; }));
  CHECK(deliveries == 2);
  CHECK(served_then >= 1);
  CHECK(served_then < 10);
}

TEST_CASE("between the steps of an opening its party's other work is done") {
  HubWorld world;
  std::atomic<int> steps{0};
  std::atomic<int> done_at{0};
  std::atomic<bool> go{false};
  world.log.slow_openings(20, [&] {
    while (!go) std::this_thread::yield();
    ++steps;
  });
  Client stream = open_stream(world, "snapshot=1");
  const std::string party = "local streams";
  REQUIRE(world.workers.submit(party, [&] { done_at = steps.load(); }));
  go = true;
  stream.read_until("\n:\n");
  CHECK(steps == 21);
  CHECK(eventually([&] { return done_at > 0; }));
  CHECK(done_at < 21);
}

TEST_CASE("an opening whose streams have all gone is not read to its end") {
  HubWorld world;
  std::atomic<int> steps{0};
  std::atomic<bool> go{false};
  world.log.slow_openings(1'000'000, [&] {
    while (!go) std::this_thread::yield();
    ++steps;
  });
  {
    const Client stream = open_stream(world, "snapshot=1");
    REQUIRE(eventually([&] { return world.hub->stats().subscribers == 1; }));
  }
  REQUIRE(eventually([&] { return world.hub->stats().subscribers == 0; }));
  go = true;
  world.log.slow_openings(0);
  Client next = open_stream(world, "snapshot=1&types=IncomingMsg");
  CHECK(next.read_until("\n:\n").find("id: ") != std::string::npos);
  CHECK(steps < 1'000'000);
}

}  // namespace
}  // namespace gateway::test
