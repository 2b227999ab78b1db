#include "tests/store/channel_world.h"

using namespace store;
using test::append_all;
using test::bodies;
using test::ChannelWorld;
using test::must;
using test::Texts;

TEST_CASE("a channel is kept by its quotas, and its flood costs nobody else's history") {
  ChannelWorld world;
  world.quotas.events = 5;
  const auto start = world.start();
  const auto first = world.message();
  world.append("quiet", "still here");
  base::EventId last;
  for (int i = 0; i < 100; ++i) last = world.append("loud", std::to_string(i));
  const auto loud = world.page({.after = start, .messages = false, .channels = {"loud"}});
  CHECK(bodies(loud) == Texts{"95", "96", "97", "98", "99"});
  CHECK(loud.floor.value == last.value - 5);
  const auto quiet = world.page({.after = start, .channels = {"quiet"}});
  CHECK(bodies(quiet) == Texts{"m", "still here"});
  CHECK(quiet.floor <= start);
  CHECK(quiet.events[0].id == first);

  world.quotas.events = 10'000;
  world.quotas.bytes = 4'000;
  for (int i = 0; i < 10; ++i) world.append("large", std::string(1'000, 'x'));
  CHECK(world.page({.after = start, .messages = false, .channels = {"large"}}).events.size() == 3);
  world.quotas.total_bytes = 2'000;
  world.append("large", "y");
  CHECK(world.page({.after = start, .messages = false, .channels = {"quiet"}}).events.empty());
}

TEST_CASE("messages are bounded by their own number, whatever channels publish") {
  ChannelWorld world;
  const auto start = world.start();
  std::vector<base::EventId> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(world.message());
    for (int k = 0; k < 3; ++k) world.append("a", "x");
  }
  const auto page = world.page({.after = start});
  CHECK(page.events.size() == 20);
  CHECK(page.floor == ids[9]);
  CHECK_FALSE(page.dense);
}

TEST_CASE("old events of channels go with the next one that is published") {
  ChannelWorld world;
  world.quotas.age = 1000;
  const auto start = world.start();
  for (int i = 0; i < 10; ++i) world.append("a", "old");
  world.clock.advance(2000);
  world.append("b", "new");
  CHECK(bodies(world.page({.after = start, .messages = false, .channels = {"a", "b"}})) ==
        Texts{"new"});
}

TEST_CASE("channels are bounded in number: quiet ones make room, full ones do not") {
  ChannelWorld world;
  world.quotas.channels = 3;
  world.quotas.age = 1000;
  const auto start = world.start();
  world.append("a", "x");
  world.append("b", "x");
  world.append("c", "x");
  const auto refused = world.try_append("d", "x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == base::Errc::exhausted);
  world.clock.advance(2000);
  const auto newest = world.append("a", "y");  // and the old ones go
  const auto begun = world.append("d", "x");
  CHECK(world.page({.after = start, .messages = false, .channels = {"d"}}).floor < begun);
  // What b held is gone with it: whoever resumes there gets an error.
  const auto page = world.page({.after = start, .messages = false, .channels = {"b"}});
  CHECK(page.events.empty());
  CHECK(page.floor >= newest);
}

TEST_CASE("what channels hold is counted along, and read again after a write that was undone") {
  ChannelWorld world;
  world.quotas.events = 5;
  world.quotas.channels = 3;
  const auto start = world.start();
  const auto held = [&](const std::string& channel) {
    return world.page({.after = start, .messages = false, .channels = {channel}}).events.size();
  };
  for (int i = 0; i < 4; ++i) world.append("a", "x");
  CHECK_FALSE(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    const std::vector<NewChannelEvent> undone(3, {"a", base::to_bytes("never")});
    EDGE_CHECK(append_all(tx, world.quotas, undone));
    const NewChannelEvent begun{"b", base::to_bytes("never")};
    EDGE_CHECK(append_all(tx, world.quotas, {&begun, 1}));
    return base::fail(base::Errc::invalid_argument, "no");
  }));
  world.append("a", "x");
  CHECK(held("a") == 5);
  world.append("b", "x");
  CHECK(held("b") == 1);
  world.append("a", "x");
  CHECK(held("a") == 5);
  const auto counted = [&] {
    auto reader = must(world.store->read());
    return std::pair(must(reader->integer("SELECT sum(events) FROM channel")),
                     must(reader->integer("SELECT sum(bytes) FROM channel")));
  };
  const auto rows = [&] {
    auto reader = must(world.store->read());
    return std::pair(must(reader->integer("SELECT count(*) FROM channel_event")),
                     must(reader->integer("SELECT sum(length(sealed)) FROM channel_event")));
  };
  CHECK(counted() == rows());
  world.store.reset();
  world.open();
  world.append("a", "x");
  world.append("c", "x");
  CHECK(held("a") == 5);
  CHECK(counted() == rows());
}
