#include <atomic>
#include <thread>

#include "gateway/hub/intake.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;

HubOptions small_ring() { return {.ring_bytes = 256 * 1024, .ring_events = 65'536}; }

// Readers that took something within `stalled` are waited for, however long that takes.
HubOptions patient(base::Millis stalled) {
  HubOptions options = small_ring();
  options.patience = 600'000;
  options.stalled = stalled;
  return options;
}

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

TEST_CASE("a reader that stalls learns how many it missed, and goes on with newer events") {
  HubWorld world(small_ring());
  Client client = stalled(world);
  flood(world, 2000);
  CHECK(eventually([&] { return world.hub->stats().lag >= 2000; }));  // in the metrics
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

// Thirty times what the ring holds, and more than a socket takes, at once.
std::vector<EventFrame> burst(HubWorld& world) {
  const std::string filler = ",\"text\":\"" + std::string(900, 'x') + "\"";
  std::vector<EventFrame> frames;
  for (int i = 0; i < 8000; ++i) {
    frames.push_back(world.log.append(AccountId(1), ChatId(1), "IncomingMsg", filler));
  }
  return frames;
}

std::vector<Seen> read_burst(Client& client) {
  std::string text = client.read_until("id: 9000\n");
  text += client.read_until("\n\n");
  return parse_stream(text);
}

void check_gapless(const std::vector<Seen>& seen) {
  REQUIRE(seen.size() == 8000);
  for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i].id == std::to_string(1001 + i));
}

TEST_CASE("a burst larger than the ring reaches readers that keep up without a gap") {
  HubWorld world(patient(60'000));  // on a slow machine too
  Client plain = world.subscribe();
  Client picked = world.subscribe("?account_id=1&named=1");
  world.hub->publish(burst(world));
  std::vector<Seen> picked_seen;
  std::thread reader([&] { picked_seen = read_burst(picked); });
  check_gapless(read_burst(plain));
  reader.join();
  check_gapless(picked_seen);
  CHECK(world.hub->stats().dropped == 0);
}

TEST_CASE("who stalls in a burst is waited for briefly and learns what it missed, nobody else") {
  HubWorld world(patient(2'000));
  Client slow = stalled(world);
  Client quick = world.subscribe();
  world.hub->publish(burst(world));
  check_gapless(read_burst(quick));
  CHECK(eventually([&] { return world.hub->stats().dropped > 0; }));
  check_complete(read_burst(slow), 1000, 1);
}

TEST_CASE("what waits for room in the ring is bounded: past that a burst pushes out the older") {
  HubWorld world({.ring_bytes = 256 * 1024, .intake_bytes = 64 * 1024});
  Client client = world.subscribe();
  world.hub->publish(burst(world));
  check_complete(read_burst(client), 1000, 1);
}

TEST_CASE("readers are waited for half a second in a row and a twentieth of the time") {
  Patience patience(500);
  base::Millis now = 1'000'000;
  const auto waits = [&](base::Millis most) {
    base::Millis waited = 0;
    while (waited < most && patience.wait(now)) {
      now += 10;
      waited += 10;
    }
    patience.stop(now);
    return waited;
  };
  patience.stop(now);
  CHECK(waits(10'000) == 500);
  CHECK(waits(10'000) == 0);
  now += 2'000;
  CHECK(waits(10'000) == 100);
  now += 3'600'000;
  CHECK(waits(200) == 200);
  CHECK(waits(10'000) == 300);
}

}  // namespace
}  // namespace gateway::test
