#include "store/event_log.h"

#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

constexpr base::AccountId kAccount{1};

base::EventId append(test::World& world, std::string body, std::uint16_t kind = 5) {
  return must(world.store->write_now<base::EventId>(
      [=](Tx& tx) { return tx.append_event(kAccount, kind, base::as_bytes(body)); }));
}

}  // namespace

TEST_CASE("events are read back in order, as they were written, after a restart too") {
  test::World world;
  world.open();
  const auto start = must(world.store->newest_event());
  CHECK(must(world.store->oldest_event()) == start);
  CHECK(start.value + 1 >= std::uint64_t{1} << 40);
  CHECK(start.value + 1 < std::uint64_t{1} << 52);
  const auto a = append(world, "a");
  CHECK(a.value == start.value + 1);
  world.clock.advance(10);
  append(world, std::string("\0b", 2), 6);
  world.store.reset();
  world.open();
  const auto c = append(world, "c");
  CHECK(c.value == a.value + 2);
  CHECK(must(world.store->newest_event()) == c);
  CHECK(must(world.store->oldest_event()) == start);

  const auto all = must(world.store->events_after(start, 100));
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == base::to_bytes("a"));
  CHECK(all[0].account == kAccount);
  CHECK(all[0].kind == 5);
  CHECK(all[1].at == all[0].at + 10);
  CHECK(all[1].kind == 6);
  CHECK(all[1].body == base::to_bytes(std::string_view("\0b", 2)));
  CHECK(must(world.store->events_after(start, 2)).size() == 2);
  CHECK(must(world.store->events_after(a, 100)).size() == 2);
  CHECK(must(world.store->events_after(c, 100)).empty());
}

TEST_CASE("two stores begin at different ids") {
  test::World one;
  test::World two;
  one.open();
  two.open();
  CHECK(must(one.store->newest_event()) != must(two.store->newest_event()));
}

TEST_CASE("the log is bounded by count and ids go on growing") {
  test::World world;
  auto options = world.options();
  options.writer.events = {.count = 20};
  world.open(options);
  base::EventId last;
  for (int i = 0; i < 60; ++i) {
    const auto id = append(world, "x");
    CHECK(id > last);
    last = id;
  }
  auto reader = must(world.store->read());
  CHECK(must(EventLog::count(*reader)) == 20);
  CHECK(must(EventLog::oldest(*reader)).value == last.value - 20);
  CHECK(must(EventLog::read_after(*reader, world.store->vault(), base::EventId(1), 100))[0]
            .id.value == last.value - 19);
}

TEST_CASE("the log is bounded by age and ids go on growing though all events are gone") {
  test::World world;
  auto options = world.options();
  options.writer.events.age = 1000;
  world.open(options);
  for (int i = 0; i < 5; ++i) append(world, "x");
  world.clock.advance(2000);
  const auto last = append(world, "y");
  {
    auto reader = must(world.store->read());
    CHECK(must(EventLog::count(*reader)) == 1);
  }
  must(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("DELETE FROM event"));
    return {};
  }));
  CHECK(must(world.store->newest_event()) == last);
  // What was cut off is known, not guessed from what is there.
  CHECK(must(world.store->oldest_event()).value == last.value - 1);
  world.store.reset();
  world.open();
  CHECK(append(world, "z").value == last.value + 1);
}

TEST_CASE("an event that does not open costs that event alone") {
  test::World world;
  world.open();
  const auto start = must(world.store->newest_event());
  const auto a = append(world, "a");
  const auto b = append(world, "b");
  const auto c = append(world, "c");
  const auto d = append(world, "d");
  must(world.store->write_now<void>([=](Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("UPDATE event SET body=x'00' WHERE id=?", a));
    EDGE_CHECK(tx.db().run("UPDATE event SET account_id=2 WHERE id=?", b));
    EDGE_CHECK(
        tx.db().run("UPDATE event SET body=(SELECT body FROM event WHERE id=?) WHERE id=?", d, c));
    return {};
  }));
  const auto left = must(world.store->events_after(start, 100));
  REQUIRE(left.size() == 1);
  CHECK(left[0].id == d);
}
