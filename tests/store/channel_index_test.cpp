// The index of channels' rows: new entries wait in a small table and move in slices
// (store/tables/channel_index.h).
#include "store/tables/channel_index.h"

#include <fmt/format.h>

#include <filesystem>

#include "store/repair.h"
#include "tests/store/channel_world.h"

using namespace store;
using test::append_all;
using test::bodies;
using test::ChannelWorld;
using test::must;
using test::Texts;

namespace {

struct IndexWorld : ChannelWorld {
  // One event on each channel, whose body is the number of the array.
  void publish(int array, int channels) {
    must(store->write_now<std::vector<base::EventId>>([&](Tx& tx) {
      std::vector<std::string> names;
      for (int i = 0; i < channels; ++i) names.push_back(fmt::format("c{}", i));
      std::vector<NewChannelEvent> events;
      for (const std::string& name : names) {
        events.push_back({name, base::to_bytes(std::to_string(array))});
      }
      return append_all(tx, quotas, events);
    }));
  }
  std::int64_t count(std::string_view sql) {
    auto reader = must(store->read());
    return must(reader->integer(sql)).value_or(-1);
  }
  std::int64_t waiting() { return count("SELECT count(*) FROM channel_index_new"); }
  std::int64_t moved() { return count("SELECT count(*) FROM channel_index"); }
  // What a listener of one channel reads from the start, page by page.
  Texts walk(const std::string& channel, std::size_t limit) {
    Texts out;
    for (base::EventId after = start();;) {
      const LogPage page =
          this->page({.after = after, .limit = limit, .messages = false, .channels = {channel}});
      for (std::string& body : bodies(page)) out.push_back(std::move(body));
      if (page.reached == after) return out;
      after = page.reached;
    }
  }
};

Texts numbers(int from, int to) {
  Texts out;
  for (int i = from; i < to; ++i) out.push_back(std::to_string(i));
  return out;
}

constexpr int kManyChannels = 200;
constexpr int kArrays = 15;  // more rows than the small table holds

}  // namespace

TEST_CASE("a channel is replayed in order from both tables of its index") {
  IndexWorld world;
  for (int i = 0; i < kArrays; ++i) {
    world.publish(i, kManyChannels);
    CHECK(world.waiting() <= kMostNewRows);
    CHECK(world.waiting() + world.moved() == (i + 1) * kManyChannels);
  }
  CHECK(world.waiting() > kMostNewRows / 2);
  REQUIRE(world.moved() > 0);
  // The first channel has entries in both tables, the last one in the small one alone.
  CHECK(world.count("SELECT count(*) FROM channel_index WHERE channel_id="
                    "(SELECT min(channel_id) FROM channel_index_new)") > 0);
  for (const std::size_t limit : {1U, 4U, 256U}) {
    for (const char* channel : {"c0", "c60", "c199"}) {
      CHECK(world.walk(channel, limit) == numbers(0, kArrays));
    }
  }
}

TEST_CASE("a store that is opened between two moves of the index has every entry once") {
  IndexWorld world;
  for (int i = 0; i < kArrays; ++i) world.publish(i, kManyChannels);
  REQUIRE(world.moved() > 0);
  REQUIRE(world.waiting() > 0);
  // As a killed process leaves it: what is durable, and no closing.
  IndexWorld killed;
  killed.store.reset();
  std::filesystem::remove_all(killed.dir.path());
  std::filesystem::copy(world.dir.path(), killed.dir.path(),
                        std::filesystem::copy_options::recursive);
  killed.open();
  CHECK(killed.waiting() + killed.moved() == kArrays * kManyChannels);
  for (int i = kArrays; i < 2 * kArrays; ++i) {
    killed.publish(i, kManyChannels);
    CHECK(killed.waiting() <= kMostNewRows);
  }
  CHECK(killed.waiting() + killed.moved() == 2 * kArrays * kManyChannels);
  for (const char* channel : {"c0", "c60", "c199"}) {
    CHECK(killed.walk(channel, 7) == numbers(0, 2 * kArrays));
  }
}

TEST_CASE("a write that is undone takes its moves of the index with it") {
  IndexWorld world;
  for (int i = 0; i < 10; ++i) world.publish(i, kManyChannels);
  const auto waiting = world.waiting();
  const auto failed = world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    std::vector<ChannelIndexEntry> entries;
    for (std::uint64_t i = 0; i < 2 * kMostNewRows; ++i) {
      entries.push_back({1, base::EventId(1'000'000 + i)});
    }
    EDGE_CHECK(index_channel_rows(tx, entries));
    return base::fail(base::Errc::internal, "undone");
  });
  REQUIRE_FALSE(failed);
  CHECK(world.waiting() == waiting);
  CHECK(world.moved() == 0);
  for (int i = 10; i < kArrays; ++i) world.publish(i, kManyChannels);
  CHECK(world.waiting() <= kMostNewRows);
  CHECK(world.walk("c7", 256) == numbers(0, kArrays));
}

TEST_CASE("one call with more rows than the small table holds moves them in its own write") {
  IndexWorld world;
  constexpr int kMany = 2 * static_cast<int>(kMostNewRows);
  world.quotas.channels = kMany;
  world.publish(1, kMany);
  CHECK(world.waiting() <= kMostNewRows);
  CHECK(world.waiting() + world.moved() == kMany);
  CHECK(world.walk("c0", 256) == Texts{"1"});
  CHECK(world.walk(fmt::format("c{}", kMany - 1), 256) == Texts{"1"});
}

TEST_CASE("quotas hold across both tables, and entries of deleted rows go") {
  IndexWorld world;
  world.quotas.events = 5;
  for (int i = 0; i < 3 * kArrays; ++i) {
    world.publish(i, kManyChannels);
    CHECK(world.count("SELECT count(*) FROM channel_event") <= 5 * kManyChannels);
    CHECK(world.waiting() <= kMostNewRows);
  }
  for (const char* channel : {"c0", "c60", "c199"}) {
    CHECK(world.walk(channel, 256) == numbers(3 * kArrays - 5, 3 * kArrays));
  }
  CHECK(world.moved() <= 5 * kManyChannels + kMostNewRows);
  // All grow old, also of channels that nobody publishes on any more.
  world.clock.advance(world.quotas.age + 1);
  for (int i = 0; i < 20; ++i) {
    world.publish(i, 1);
    must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
      const std::vector<NewChannelEvent> many(100, {"c0", base::to_bytes("x")});
      EDGE_CHECK(append_all(tx, world.quotas, many));
      return {};
    }));
  }
  CHECK(world.count("SELECT count(*) FROM channel_event WHERE channel_id<>1") == 0);
  CHECK(world.count("SELECT count(*) FROM channel_index WHERE channel_id<>1") == 0);
  CHECK(world.count("SELECT count(*) FROM channel_index_new WHERE channel_id<>1") == 0);
}

TEST_CASE("a channel that makes room for another leaves no entries") {
  IndexWorld world;
  world.quotas.channels = 3;
  world.publish(1, 3);
  world.clock.advance(world.quotas.age + 1);
  world.append("c0", "x");  // all others are too old now
  world.append("other", "x");
  world.append("another", "x");
  CHECK(world.count("SELECT count(*) FROM channel") <= 3);
  for (const char* table : {"channel_index", "channel_index_new"}) {
    CHECK(world.count(fmt::format(
              "SELECT count(*) FROM {} WHERE channel_id NOT IN (SELECT id FROM channel)", table)) ==
          0);
  }
  CHECK(world.walk("other", 256) == Texts{"x"});
  CHECK(world.walk("c1", 256).empty());
}

TEST_CASE("an entry that another program wrote shows no other channel's event, and none twice") {
  IndexWorld world;
  const auto a = world.append("a", "one");
  const auto b = world.append("b", "two");
  const auto channel = [&](base::EventId row) {
    return world.count(fmt::format("SELECT channel_id FROM channel_event WHERE id={}", row.value));
  };
  const auto channel_a = channel(a);
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    for (const char* table : {"channel_index", "channel_index_new"}) {
      for (const std::uint64_t row : {a.value, b.value, b.value + 5'000}) {
        EDGE_CHECK(tx.db().run(fmt::format("INSERT OR IGNORE INTO {} VALUES(?,?)", table),
                               channel_a, row));
      }
    }
    return {};
  }));
  CHECK(world.walk("a", 256) == Texts{"one"});
  CHECK(world.walk("b", 256) == Texts{"two"});
}

TEST_CASE("a repair makes the index of channels' rows anew") {
  IndexWorld world;
  for (int i = 0; i < kArrays; ++i) world.publish(i, kManyChannels);
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("DELETE FROM channel_index WHERE id%2=0"));
    EDGE_CHECK(tx.db().run("DELETE FROM channel_index_new WHERE id%2=1"));
    return {};
  }));
  world.store.reset();
  must(repair(world.dir.path(), 1));
  world.open();
  CHECK(world.moved() == kArrays * kManyChannels);
  CHECK(world.waiting() == 0);
  for (const char* channel : {"c0", "c60", "c199"}) {
    CHECK(world.walk(channel, 256) == numbers(0, kArrays));
  }
}

TEST_CASE("channels' events of schema 25 are found after the step to 26") {
  IndexWorld world;
  world.store.reset();
  std::filesystem::remove_all(world.dir.path());
  std::filesystem::create_directory(world.dir.path());
  std::filesystem::permissions(world.dir.path(), std::filesystem::perms::owner_all);
  auto options = world.options();
  options.migrations = migrations().first(25);
  world.World::open(options);
  const auto at = world.start();
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    EDGE_TRY(const base::EventId first, tx.take_event_ids(40));
    for (std::int64_t channel = 1; channel <= 2; ++channel) {
      const std::string name = channel == 1 ? "a" : "b";
      EDGE_CHECK(tx.db().run(
          "INSERT INTO channel(id,name_hash,floor,events,bytes,used_at) VALUES(?,?,?,20,2000,?)",
          channel, tx.vault().lookup(tx.vault().store_wide(), "channel", name), at, tx.now()));
    }
    for (std::uint64_t i = 0; i < 40; ++i) {
      const auto channel = static_cast<std::int64_t>(1 + i % 2);
      const base::Bytes body = base::to_bytes(std::to_string(i / 2));
      const base::ByteView view(body);
      const std::size_t place = 0;
      auto rows = lay_out_rows(test::kChannelKind, {&view, 1}, {&place, 1});
      const base::EventId id(first.value + i);
      EDGE_CHECK(tx.db().run(
          "INSERT INTO channel_event(id,channel_id,at_ms,size,sealed) VALUES(?,?,?,?,?)", id,
          channel, tx.now(), 100, seal_row(tx.vault(), id, rows[0], channel, tx.now())));
    }
    return {};
  }));
  world.store.reset();
  world.open();
  CHECK(world.moved() == 40);
  CHECK(world.waiting() == 0);
  world.append("a", "20");
  CHECK(world.walk("a", 3) == numbers(0, 21));
  CHECK(world.walk("b", 3) == numbers(0, 20));
  CHECK(world.page({.after = at, .messages = false, .channels = {"a"}}).floor == at);
}
