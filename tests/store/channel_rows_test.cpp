#include <sqlite3.h>

#include "tests/store/channel_world.h"

using namespace store;
using test::append_all;
using test::bodies;
using test::ChannelWorld;
using test::kChannelKind;
using test::must;
using test::Texts;

TEST_CASE("events of one call that follow each other share rows and are read one by one") {
  ChannelWorld world;
  world.quotas.events = 40;
  const auto start = world.start();
  const auto publish = [&](int first, int count) {
    return must(world.store->write_now<std::vector<base::EventId>>([&](Tx& tx) {
      std::vector<NewChannelEvent> events;
      for (int i = first; i < first + count; ++i) {
        events.push_back({"a", base::to_bytes(std::to_string(i))});
      }
      return append_all(tx, world.quotas, events);
    }));
  };
  const auto rows = [&] {
    auto reader = must(world.store->read());
    return must(reader->integer("SELECT count(*) FROM channel_event"));
  };
  const auto ids = publish(0, 40);
  CHECK(rows() == 3);
  const auto after = [&](base::EventId id, std::size_t limit = 256) {
    return world.page({.after = id, .limit = limit, .messages = false, .channels = {"a"}});
  };
  const LogPage all = after(start);
  REQUIRE(all.events.size() == 40);
  for (std::size_t i = 0; i < all.events.size(); ++i) {
    CHECK(all.events[i].id == ids[i]);
    CHECK(base::as_text(all.events[i].body) == std::to_string(i));
    CHECK(all.events[i].kind == kChannelKind);
  }
  // From and to within rows.
  CHECK(bodies(after(ids[6], 4)) == Texts{"7", "8", "9", "10"});
  CHECK(after(ids[6], 4).reached == ids[10]);
  CHECK(bodies(after(ids[14], 3)) == Texts{"15", "16", "17"});
  CHECK(bodies(after(ids[38])) == Texts{"39"});
  Texts walked;
  for (LogPage page = after(start, 7); !page.events.empty(); page = after(page.reached, 7)) {
    for (std::string& body : bodies(page)) walked.push_back(std::move(body));
  }
  CHECK(walked.size() == 40);
  CHECK(walked.back() == "39");

  // A quota drops whole rows, and says up to where.
  const auto next = publish(40, 2);
  const LogPage left = after(start);
  CHECK(left.floor == ids[15]);
  CHECK(left.events.size() == 26);
  CHECK(base::as_text(left.events.front().body) == "16");
  CHECK(left.events.back().id == next.back());
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("SELECT events FROM channel")) == 26);
}

TEST_CASE("large events of one call have rows of their own") {
  ChannelWorld world;
  const auto start = world.start();
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    std::vector<NewChannelEvent> events;
    for (const std::size_t size : std::vector<std::size_t>{10'000, 10'000, 1, 1, 20'000, 1}) {
      events.push_back({"a", base::Bytes(size, 'x')});
    }
    EDGE_CHECK(append_all(tx, world.quotas, events));
    return {};
  }));
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("SELECT count(*) FROM channel_event")) == 4);
  std::vector<std::size_t> sizes;
  for (const LoggedEvent& event :
       world.page({.after = start, .messages = false, .channels = {"a"}}).events) {
    sizes.push_back(event.body.size());
  }
  CHECK(sizes == std::vector<std::size_t>{10'000, 10'000, 1, 1, 20'000, 1});
}

TEST_CASE("events of one call share rows by channel, and are read in the order of all") {
  ChannelWorld world;
  const auto start = world.start();
  const auto before = world.message();
  constexpr int kChannels = 10;
  const auto ids = must(world.store->write_now<std::vector<base::EventId>>([&](Tx& tx) {
    static const Texts names = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"};
    std::vector<NewChannelEvent> events;
    for (int i = 0; i < 300; ++i) {
      // A hundred in turn, then in stretches, then nearly all on one.
      const int channel = i < 100 ? i % kChannels : i < 200 ? i / 10 % kChannels : (i % 99 ? 3 : 9);
      events.push_back(
          {names[static_cast<std::size_t>(channel)], base::to_bytes(std::to_string(i))});
    }
    return append_all(tx, world.quotas, events);
  }));
  const auto behind = world.message();
  auto reader = must(world.store->read());
  CHECK(must(reader->integer("SELECT count(*) FROM channel_event")) < 40);
  CHECK(ids.front().value == before.value + 1);
  CHECK(behind.value == ids.back().value + 1);
  const auto walk = [&](std::vector<std::string> channels, bool messages, std::size_t limit,
                        std::size_t bytes) {
    std::vector<std::uint64_t> out;
    base::EventId after = start;
    for (;;) {
      const LogPage page = world.page({.after = after,
                                       .limit = limit,
                                       .max_bytes = bytes,
                                       .messages = messages,
                                       .channels = channels});
      for (const LoggedEvent& event : page.events) {
        const std::string text(base::as_text(event.body));
        if (text != "m") CHECK(ids[std::stoul(text)] == event.id);
        out.push_back(event.id.value);
      }
      if (page.events.empty() && page.reached == after) return out;
      after = page.reached;
    }
  };
  const Texts all = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"};
  for (const std::size_t limit : {1U, 7U, 64U, 1000U}) {
    for (const std::size_t bytes : {1U, 20U, 100'000U}) {
      const auto seen = walk(all, true, limit, bytes);
      REQUIRE(seen.size() == 302);
      for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == before.value + i);
      CHECK(walk(all, false, limit, bytes).size() == 300);
      CHECK(walk({"c3"}, false, limit, bytes).size() == 10 + 10 + 99);
      CHECK(walk({"c9", "c1"}, true, limit, bytes).size() == 20 + 21 + 2);
    }
  }
}

TEST_CASE("the events of one call cost few rows, and their channels one more each") {
  ChannelWorld world;
  constexpr std::size_t kEvents = 300;
  // The counter and the channels' rows, with their MACs; and of each new row its entry.
  constexpr std::int64_t kBesides = 20 + kEvents / 10;
  world.quotas.events = 150;
  const auto start = world.start();
  const auto changed = [&](std::vector<std::string> channels) {
    return must(world.store->write_now<std::int64_t>([&](Tx& tx) -> base::Result<std::int64_t> {
      std::vector<NewChannelEvent> events;
      for (std::size_t i = 0; i < kEvents; ++i) {
        events.push_back({channels[i % channels.size()], base::to_bytes("x")});
      }
      const std::int64_t before = sqlite3_total_changes64(tx.db().handle());
      EDGE_CHECK(append_all(tx, world.quotas, events));
      return sqlite3_total_changes64(tx.db().handle()) - before;
    }));
  };
  CHECK(changed({"a", "b"}) <= std::int64_t{kEvents / 10} + kBesides);
  // As many go as come.
  CHECK(changed({"a", "b"}) <= std::int64_t{2 * kEvents / 10} + kBesides);
  for (const char* channel : {"a", "b"}) {
    const auto page = world.page({.after = start, .messages = false, .channels = {channel}});
    CHECK(page.events.size() <= 150);
    CHECK(page.events.size() > 150 - 16);
    CHECK(page.floor.value >= start.value + kEvents - 1);
  }
  // Whole rows go.
  CHECK(changed({"c"}) <= std::int64_t{kEvents / 10} + kBesides);
  const auto page = world.page({.after = start, .messages = false, .channels = {"c"}});
  REQUIRE(page.events.size() == 140);
  CHECK(page.events.front().id.value == page.floor.value + 1);
}
