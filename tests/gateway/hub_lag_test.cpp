#include <atomic>
#include <thread>

#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;

HubOptions small_ring() { return {.ring_bytes = 256 * 1024, .ring_events = 65'536}; }

// Does not read, and has little room for what it does not read.
Client stalled(HubWorld& world, const std::string& query = "") {
  return world.subscribe(query, "", 4096);
}

// Publishes until the ring has dropped something of every stalled stream.
void flood(HubWorld& world, std::uint64_t drops) {
  const std::string filler = ",\"text\":\"" + std::string(900, 'x') + "\"";
  int published = 0;
  while (world.hub->stats().dropped < drops) {
    std::vector<EventFrame> batch;
    for (int i = 0; i < 100; ++i) {
      batch.push_back(world.log.append(AccountId(1), ChatId(static_cast<std::uint32_t>(i % 2 + 1)),
                                       "IncomingMsg", filler));
    }
    world.hub->publish(std::move(batch));
    published += 100;
    REQUIRE(eventually(
        [&] { return world.hub->stats().published >= static_cast<std::uint64_t>(published); }));
  }
}

// Every id from the first to the last is there once or counted by a lag before its successor.
void check_complete(const std::vector<Seen>& seen, std::uint64_t after, std::uint64_t step) {
  std::uint64_t expected = after + step;
  std::uint64_t lags = 0;
  for (const Seen& event : seen) {
    if (event.event == "lag") {
      ++lags;
      const std::uint64_t dropped = std::stoull(event.data.substr(event.data.find(':') + 1));
      REQUIRE(dropped > 0);
      expected += dropped * step;
      REQUIRE(std::stoull(event.id) < expected);
      REQUIRE(std::stoull(event.id) + step >= expected - step);
      continue;
    }
    REQUIRE(std::stoull(event.id) == expected);
    expected += step;
  }
  CHECK(lags >= 1);
}

TEST_CASE("a reader that stalls is told how many it missed, and goes on with newer events") {
  HubWorld world(small_ring());
  Client client = stalled(world);
  flood(world, 2000);
  const std::uint64_t marker = world.publish(world.log.append()).id.value;
  std::string text = client.read_until("id: " + std::to_string(marker) + "\n");
  text += client.read_until("\n\n");
  check_complete(parse_stream(text), 1000, 1);
}

TEST_CASE("behind a filter, only what would have passed counts as missed") {
  HubWorld world(small_ring());
  Client client = stalled(world, "?chat_id=2");  // the even ids
  flood(world, 2000);
  auto last = world.log.append(AccountId(1), ChatId(1));
  if (last.id.value % 2 == 0) last = world.log.append(AccountId(1), ChatId(1));
  const auto marker = world.publish(world.log.append(AccountId(1), ChatId(2)));
  std::string text = client.read_until("id: " + std::to_string(marker.id.value) + "\n");
  text += client.read_until("\n\n");
  auto seen = parse_stream(text);
  seen.pop_back();  // the marker stands outside of the pattern
  check_complete(seen, 1000, 2);
}

TEST_CASE("readers that stall delay nobody") {
  HubWorld world(small_ring());
  std::vector<Client> slow;
  for (int i = 0; i < 200; ++i) slow.push_back(stalled(world));
  Client quick = world.subscribe();
  std::atomic<std::uint64_t> read{1000};
  std::thread reader([&] {
    for (;;) {
      const auto seen = parse_stream(quick.read_until("\n\n"));
      if (seen.empty() || seen[0].id != std::to_string(read + 1)) break;
      ++read;
      if (seen[0].data.find("\"Error\"") != std::string::npos) break;
    }
  });
  const std::string filler = ",\"text\":\"" + std::string(900, 'x') + "\"";
  bool kept_up = true;
  std::uint64_t newest = 0;
  for (int i = 0; i < 5000 && kept_up; ++i) {
    newest =
        world.publish(world.log.append(AccountId(1), ChatId(1), "IncomingMsg", filler)).id.value;
    // Never more than 100 behind, whatever the others do.
    if (i % 50 == 0) kept_up = eventually([&] { return read + 50 >= newest; });
  }
  newest = world.publish(world.log.append(AccountId(1), ChatId(1), "Error")).id.value;
  reader.join();
  CHECK(kept_up);
  CHECK(read == newest);
  CHECK(world.hub->stats().subscribers == 201);
  CHECK(world.hub->stats().dropped > 0);
}

}  // namespace
}  // namespace gateway::test
