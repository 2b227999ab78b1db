#include "store/tables/channels.h"

#include <sqlite3.h>

#include "store/repair.h"
#include "store/schema/migrations.h"
#include "tests/store/world.h"

using namespace store;
using test::must;

namespace {

constexpr std::uint16_t kKind = 200;

base::Result<std::vector<base::EventId>> append_all(Tx& tx, const ChannelQuotas& quotas,
                                                    std::span<const NewChannelEvent> events) {
  ChannelCall call(tx.vault(), kKind, events);
  return append_channel_events(tx, quotas, call);
}

struct ChannelWorld : test::World {
  ChannelWorld() { open(); }
  void open() {
    auto with = options();
    with.migrations = migrations();
    with.writer.events = {.count = 20};
    test::World::open(with);
  }
  base::Result<base::EventId> try_append(std::string channel, std::string body) {
    return store->write_now<base::EventId>([=, this](Tx& tx) -> base::Result<base::EventId> {
      const NewChannelEvent event{channel, base::to_bytes(body)};
      EDGE_TRY(const auto ids, append_all(tx, quotas, {&event, 1}));
      return ids.front();
    });
  }
  base::EventId append(const std::string& channel, const std::string& body) {
    return must(try_append(channel, body));
  }
  base::EventId message(std::uint16_t kind = 5, std::uint32_t account = 1, std::uint32_t chat = 0) {
    return must(store->write_now<base::EventId>([=](Tx& tx) {
      return tx.append_event(base::AccountId(account), kind, base::as_bytes("m"),
                             base::ChatId(chat));
    }));
  }
  LogPage page(LogQuery query) { return must(store->log_page(query)); }
  base::EventId start() { return page({}).start; }

  ChannelQuotas quotas;
};

std::vector<std::string> bodies(const LogPage& page) {
  std::vector<std::string> out;
  for (const LoggedEvent& event : page.events) out.emplace_back(base::as_text(event.body));
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

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
    CHECK(all.events[i].kind == kKind);
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
  constexpr std::int64_t kBesides = 20;  // the counter and the channels' rows, with their MACs
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
  world.append("d", "x");
  // What b held is gone with it: whoever resumes there gets an error.
  const auto page = world.page({.after = start, .messages = false, .channels = {"b"}});
  CHECK(page.events.empty());
  CHECK(page.floor >= newest);
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
  CHECK(plan("SELECT id FROM channel_event INDEXED BY channel_event_by_channel WHERE id>1 AND "
             "channel_id=2 ORDER BY id LIMIT 3") ==
        "SEARCH channel_event USING COVERING INDEX channel_event_by_channel (channel_id=? AND "
        "id>?)\n");
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
