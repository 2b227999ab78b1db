#include "store/repair.h"
#include "tests/store/channel_world.h"

using namespace store;
using test::append_all;
using test::bodies;
using test::ChannelWorld;
using test::must;
using test::Texts;

TEST_CASE("an account's events are taken out, and the others keep their place and their number") {
  ChannelWorld world;
  const auto start = world.start();
  for (int i = 0; i < 9; ++i) {
    world.message(5, 1);
    world.message(5, 2);
  }
  const auto last = world.message(9, 2);
  CHECK(world.page({.after = start}).dense);
  const auto erase = [&](std::int64_t most) {
    return must(world.store->write_now<std::int64_t>(
        [=](Tx& tx) { return tx.erase_events(base::AccountId(2), 9, most); }));
  };
  // What a write took out that came to nothing is still there.
  CHECK_FALSE(world.store->write_now<void>([](Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.erase_events(base::AccountId(2), 9, 100));
    return base::fail(base::Errc::internal, "undone");
  }));
  CHECK(erase(5) == 5);
  CHECK(erase(5) == 4);
  CHECK(erase(5) == 0);
  const auto left = world.page({.after = start}).events;
  REQUIRE(left.size() == 10);
  CHECK(left.back().id == last);
  // How many were missed can no longer be found from ids.
  CHECK_FALSE(world.page({.after = start}).dense);
  CHECK(world.page({.after = last}).dense);
  for (int i = 0; i < 15; ++i) world.message(5, 1);
  auto reader = must(world.store->read());
  CHECK(must(EventLog::count(*reader)) == 20);
}

TEST_CASE("channels and messages share one sequence of ids and are read apart or together") {
  ChannelWorld world;
  const auto start = world.start();
  const auto a = world.append("a", "one");
  const auto m = world.message();
  const auto b = world.append("b", "two");
  world.append("a", std::string("th\0ree", 6));
  CHECK(m.value == a.value + 1);
  CHECK(b.value == m.value + 1);
  const auto of = [&](bool messages, std::vector<std::string> channels) {
    return bodies(world.page({.after = start, .messages = messages, .channels = channels}));
  };
  CHECK(of(true, {}) == Texts{"m"});
  CHECK(of(false, {"a"}) == Texts{"one", std::string("th\0ree", 6)});
  CHECK(of(true, {"a", "b"}) == Texts{"one", "m", "two", std::string("th\0ree", 6)});
  CHECK(of(false, {"nothing"}).empty());
  world.store.reset();
  world.open();
  CHECK(of(false, {"b"}) == Texts{"two"});
  CHECK(world.append("a", "later").value == b.value + 2);
}

TEST_CASE("the listener gets a channel's event after the commit, in the order of ids") {
  ChannelWorld world;
  std::vector<LoggedEvent> received;
  world.store->writer().on_events([&](std::span<const LoggedEvent> events) {
    received.insert(received.end(), events.begin(), events.end());
  });
  must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    const NewChannelEvent one{"a", base::to_bytes("one")};
    EDGE_CHECK(append_all(tx, world.quotas, {&one, 1}));
    EDGE_CHECK(tx.append_event(base::AccountId(1), 5, base::as_bytes("m")));
    return {};
  }));
  const auto undone = world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
    const NewChannelEvent never{"a", base::to_bytes("never")};
    EDGE_CHECK(append_all(tx, world.quotas, {&never, 1}));
    return base::fail(base::Errc::invalid_argument, "no");
  });
  CHECK_FALSE(undone.ok());
  world.store->writer().flush();
  REQUIRE(received.size() == 2);
  CHECK(received[0].channel != 0);
  CHECK(received[1].channel == 0);
  CHECK(received[0].id < received[1].id);
  world.store->writer().on_events({});
}

TEST_CASE("initial data is kept beside the events, and taken away") {
  ChannelWorld world;
  const auto initial = [&](std::string_view channel) {
    auto reader = must(world.store->read());
    return must(channel_initial(*reader, world.store->vault(), channel));
  };
  const auto set = [&](std::optional<std::string> data) {
    must(world.store->write_now<void>([&](Tx& tx) -> base::Result<> {
      if (!data) return set_channel_initial(tx, world.quotas, "a", std::nullopt);
      return set_channel_initial(tx, world.quotas, "a", base::as_bytes(*data));
    }));
  };
  CHECK_FALSE(initial("a"));
  set("first");
  set("second");
  CHECK(initial("a") == base::to_bytes(std::string_view("second")));
  world.append("a", "event");
  CHECK(initial("a") == base::to_bytes(std::string_view("second")));
  CHECK_FALSE(initial("b"));
  set(std::nullopt);
  CHECK_FALSE(initial("a"));
}

TEST_CASE("a page is narrowed down by kind and account, and says how far it reached") {
  ChannelWorld world;
  const auto start = world.start();
  world.message(1, 1);
  world.message(2, 1, 7);
  const auto third = world.message(1, 2, 7);
  const auto whole = world.message(3, 0);  // of the whole store: for every account
  const auto fifth = world.message(1, 1);
  const auto ids = [&](LogQuery query) {
    query.after = start;
    std::vector<std::uint64_t> out;
    for (const auto& event : world.page(query).events) out.push_back(event.id.value - start.value);
    return out;
  };
  using Numbers = std::vector<std::uint64_t>;
  CHECK(ids({.after = {}, .kinds = {1}}) == Numbers{1, 3, 5});
  CHECK(ids({.after = {}, .kinds = {1, 3}}) == Numbers{1, 3, 4, 5});
  CHECK(ids({.after = {}, .accounts = {base::AccountId(2)}}) == Numbers{3, 4});
  CHECK(ids({.after = {}, .kinds = {1}, .accounts = {base::AccountId(1)}}) == Numbers{1, 5});
  CHECK(ids({.after = {}, .chats = {base::ChatId(7)}}) == Numbers{2, 3});
  CHECK(ids({.after = {}, .accounts = {base::AccountId(1)}, .chats = {base::ChatId(7)}}) ==
        Numbers{2});
  CHECK(ids({.after = {}, .kinds = {1, 3}, .chats = {base::ChatId(7), base::ChatId(8)}}) ==
        Numbers{3});
  CHECK(ids({}) == Numbers{1, 2, 3, 4, 5});
  CHECK(world.page({.after = start, .limit = 2, .kinds = {1}}).reached == third);
  CHECK(world.page({.after = third, .limit = 2, .kinds = {1}}).reached == fifth);
  CHECK(world.page({.after = fifth}).reached == fifth);
  CHECK(world.page({.after = start, .kinds = {7}}).reached == fifth);
  CHECK(world.page({.after = start, .limit = 5}).dense);
  CHECK(whole < fifth);
  // Bodies bound a page as well; one comes whatever its size.
  world.append("a", std::string(5'000, 'x'));
  world.append("a", std::string(5'000, 'y'));
  const auto big =
      world.page({.after = start, .max_bytes = 100, .messages = false, .channels = {"a"}});
  CHECK(big.events.size() == 1);
  CHECK(big.reached == big.events[0].id);
}

TEST_CASE("a filtered page reads what passes and nothing else, at any length of the log") {
  ChannelWorld world;
  auto reader = must(world.store->read());
  const auto plan = [&](std::string_view sql) {
    std::string text;
    must(reader->each("EXPLAIN QUERY PLAN " + std::string(sql),
                      [&](const Row& row) { text += std::string(row.text(3)) + "\n"; }));
    return text;
  };
  CHECK(plan("SELECT id FROM event INDEXED BY event_by_kind WHERE kind=1 AND id>2 ORDER BY id "
             "LIMIT 3") == "SEARCH event USING COVERING INDEX event_by_kind (kind=? AND id>?)\n");
  CHECK(plan("SELECT id FROM event INDEXED BY event_by_chat WHERE chat_id=1 AND chat_id<>0 AND "
             "id>2 ORDER BY id LIMIT 3") ==
        "SEARCH event USING COVERING INDEX event_by_chat (chat_id=? AND id>?)\n");
  CHECK(plan("SELECT id FROM event INDEXED BY event_by_account WHERE account_id=1 AND id>2 ORDER "
             "BY id LIMIT 3") ==
        "SEARCH event USING COVERING INDEX event_by_account (account_id=? AND id>?)\n");
}

TEST_CASE("a channel's record that was moved or altered does not open, and costs itself alone") {
  ChannelWorld world;
  const auto start = world.start();
  const auto a = world.append("a", "one");
  const auto b = world.append("a", "two");
  const auto c = world.append("b", "three");
  must(world.store->write_now<void>([=](Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("UPDATE channel_event SET at_ms=at_ms+1 WHERE id=?", a));
    EDGE_CHECK(tx.db().run(
        "UPDATE channel_event SET channel_id=(SELECT channel_id FROM channel_event WHERE id=?) "
        "WHERE id=?",
        b, c));
    return {};
  }));
  CHECK(bodies(world.page({.after = start, .messages = false, .channels = {"a", "b"}})) ==
        Texts{"two"});
}

TEST_CASE("after a repair that lost the counters no channel's event has the id of an earlier one") {
  ChannelWorld world;
  base::EventId last;
  for (int i = 0; i < 5; ++i) last = world.append("a", "reading");
  world.store.reset();
  const std::string path = world.dir / "store.db";
  std::string file = test::slurp(path);
  constexpr std::size_t kPage = 4096;
  bool broken = false;
  for (std::size_t at = kPage; at + kPage <= file.size(); at += kPage) {
    if (file.substr(at, kPage).find("event_floor") == std::string::npos) continue;
    file.replace(at, kPage, kPage, '\xee');
    broken = true;
  }
  REQUIRE(broken);
  test::spit(path, file);
  CHECK_FALSE(must(repair(world.dir.path(), 1)).lossless());
  world.open();
  CHECK(must(world.store->newest_event()).value == last.value + 1'000'000);
  CHECK(world.append("a", "next").value > last.value);
}
