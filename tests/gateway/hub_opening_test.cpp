// How streams get what comes first: one reading at a time, in steps, shared by those who ask alike.
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
