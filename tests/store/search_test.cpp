// Search by an index gives the answers of a plain scan, whatever happened before.
#include <random>

#include "base/unicode.h"
#include "store/schema/migrations.h"
#include "store/search/searcher.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "tests/store/world.h"

using namespace store;
using search::Query;
using search::Searcher;
using search::SearcherOptions;
using test::eventually;
using test::must;
using Ids = std::vector<base::MsgId>;

namespace {

constexpr base::AccountId kSearched{1};
constexpr base::ContactId kSelf{1};

MessageRow message_of(std::uint32_t id, base::ChatId chat, std::string text) {
  MessageRow row;
  row.id = base::MsgId(id);
  row.chat = chat;
  row.from = kSelf;
  row.uuid = random_uuid();
  row.state = MsgState::out_delivered;
  row.text = std::move(text);
  return row;
}

struct SearchWorld : test::World {
  SearchWorld() {
    auto with = options();
    with.migrations = migrations();
    open(with);
    key = store->vault().account(Uuid{});
    write([](const Scope& scope) -> base::Result<> {
      EDGE_CHECK(
          scope.db.run("INSERT INTO account(id, uuid, created_at, sealed)"
                       " VALUES(1, zeroblob(16), 0, x'00')"));
      for (const std::uint32_t id : {10u, 11u, 12u}) {
        ChatRow row;
        row.id = base::ChatId(id);
        row.type = ChatType::group;
        EDGE_CHECK(insert_chat(scope, row));
      }
      return {};
    });
  }

  template <class F>
  base::Result<> try_write(F fn) {
    return store->write_now<void>([&](Tx& tx) -> base::Result<> {
      return fn(Scope{tx.db(), store->vault(), key, kSearched});
    });
  }
  template <class F>
  void write(F fn) {
    must(try_write(fn));
  }
  void add(std::uint32_t id, std::string text, base::ChatId chat = base::ChatId(10)) {
    write([&](const Scope& scope) {
      MessageRow row = message_of(id, chat, std::move(text));
      return insert_message(scope, row);
    });
  }
  void edit(base::MsgId id, std::string text) {
    write([&](const Scope& scope) -> base::Result<> {
      EDGE_TRY(MessageRow row, load_message(scope, id));
      row.text = std::move(text);
      return update_message(scope, row);
    });
  }
  void remove(base::MsgId id) {
    write([&](const Scope& scope) -> base::Result<> {
      EDGE_CHECK(delete_message(scope, id, 0));
      return {};
    });
  }

  base::Result<Ids> ask(Searcher& searcher, Query query) {
    std::optional<base::Result<Ids>> result;
    base::Mutex mutex;
    base::Condition came;
    searcher.search(kSearched, key, std::move(query), [&](base::Result<Ids> found) {
      base::Lock lock(mutex);
      result.emplace(std::move(found));
      came.notify_one();
    });
    base::Lock lock(mutex);
    while (!result) came.wait(mutex);
    return *std::move(result);
  }
  Ids find(Searcher& searcher, const std::string& text, std::optional<base::ChatId> chat = {},
           std::size_t limit = 1000) {
    return must(ask(searcher, {.wanted = base::folded(text), .chat = chat, .limit = limit}));
  }
  Ids scan(const std::string& text, std::optional<base::ChatId> chat, std::size_t limit) {
    Reader reader = must(store->read());
    return must(search_messages({*reader, store->vault(), key, kSearched}, base::folded(text), chat,
                                limit));
  }

  AccountKey key;
};

// Short texts of few letters, so that most of what is looked for is found somewhere.
class RandomTexts {
 public:
  explicit RandomTexts(std::mt19937& random) : random_(random) {}
  std::string text() {
    if (below(40) == 0) return std::string(3'000 + below(9'000), "ab"[below(2)]);
    return made_of(below(24));
  }
  std::string wanted() { return made_of(1 + below(5)); }
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

 private:
  std::string made_of(std::size_t letters) {
    static constexpr std::array kLetters{"a", "B",       "c", " ",         "ß",
                                         "Ö", "o\u0308", "п", "\U0001f600"};
    std::string out;
    for (std::size_t i = 0; i < letters; ++i) out += kLetters[below(kLetters.size())];
    return out;
  }
  std::mt19937& random_;
};

// Messages, chats and a searcher that change at random.
struct History {
  explicit History(unsigned seed) : random(seed), texts(random) { restart(); }

  void restart() {
    searcher.reset();
    const std::array bytes{std::size_t{0}, std::size_t{20'000}, std::size_t{64} << 20};
    searcher = std::make_unique<Searcher>(
        *world.store, SearcherOptions{.text_bytes = bytes[texts.below(bytes.size())]});
  }
  base::ChatId some_chat() { return base::ChatId(static_cast<std::uint32_t>(10 + texts.below(4))); }
  std::optional<base::MsgId> some_message() {
    if (next == 1) return std::nullopt;
    return base::MsgId(static_cast<std::uint32_t>(1 + texts.below(next - 1)));
  }

  // Of a sender whose messages overtake each other now and then.
  void insert(std::size_t count) {
    const auto done = world.try_write([&](const Scope& scope) -> base::Result<> {
      for (std::size_t i = 0; i < count; ++i) {
        MessageRow row = message_of(next++, some_chat(), texts.text());
        if (texts.below(3) == 0) row.seq = static_cast<std::int64_t>(1 + texts.below(200));
        if (texts.below(10) == 0) row.state = MsgState::out_draft;
        EDGE_CHECK(insert_message(scope, row));
      }
      if (texts.below(8) == 0) return base::fail(base::Errc::internal, "undone");
      return {};
    });
    if (!done) CHECK(done.error().message == "undone");
  }
  void change() {
    const auto id = some_message();
    if (!id) return;
    world.write([&](const Scope& scope) -> base::Result<> {
      EDGE_TRY(auto row, find_message(scope, *id));
      if (!row) return {};
      switch (texts.below(4)) {
        case 0:
          row->state =
              row->state == MsgState::out_draft ? MsgState::out_delivered : MsgState::out_draft;
          break;
        case 1:
          row->chat = some_chat();
          break;
        case 2:
          EDGE_CHECK(set_message_state(scope, *id, MsgState::out_read));
          return {};
        default:
          row->text = texts.text();
      }
      return update_message(scope, *row);
    });
  }
  void change_chat() {
    const base::ChatId chat = some_chat();
    world.write([&](const Scope& scope) -> base::Result<> {
      EDGE_TRY(auto row, find_chat(scope, chat));
      if (!row) {
        row.emplace();
        row->id = chat;
        row->type = ChatType::group;
        return insert_chat(scope, *row);
      }
      if (texts.below(4) == 0) return delete_chat(scope, chat);
      row->blocked = static_cast<ChatBlocked>(texts.below(3));
      return update_chat(scope, *row);
    });
  }
  void compare() {
    const std::string wanted = texts.wanted();
    const std::size_t limit = texts.below(2) == 0 ? 1000 : 1 + texts.below(20);
    CAPTURE(wanted, limit);
    CHECK(world.find(*searcher, wanted, {}, limit) == world.scan(wanted, {}, limit));
    const base::ChatId chat = some_chat();
    CAPTURE(chat.value);
    const auto found =
        world.ask(*searcher, {.wanted = base::folded(wanted), .chat = chat, .limit = limit});
    if (found) {
      CHECK(*found == world.scan(wanted, chat, limit));
    } else {
      CHECK(found.error().code == base::Errc::not_found);
    }
  }
  void step() {
    switch (texts.below(12)) {
      case 0:
        return insert(1 + texts.below(150));
      case 1:
      case 2:
      case 3:
        return insert(1);
      case 4:
      case 5:
        return change();
      case 6:
        if (const auto id = some_message()) world.remove(*id);
        return;
      case 7:
        return change_chat();
      case 8:
        if (texts.below(10) == 0) restart();
        return;
      default:
        return compare();
    }
  }

  SearchWorld world;
  std::mt19937 random;
  RandomTexts texts;
  std::uint32_t next = 1;
  std::unique_ptr<Searcher> searcher;
};

}  // namespace

TEST_CASE("an index answers as a scan does, over random histories") {
#ifdef EDGE_SANITIZED
  constexpr unsigned kHistories = 1;
#else
  constexpr unsigned kHistories = 4;
#endif
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  for (unsigned round = 0; round < kHistories; ++round) {
    CAPTURE(round);
    History history(seed + round);
    for (int i = 0; i < 250; ++i) history.step();
    for (int i = 0; i < 10; ++i) history.compare();
  }
}

TEST_CASE("what was answered is in the next search, whoever else reads and writes") {
  SearchWorld world;
  for (std::uint32_t id = 1; id <= 300; ++id) world.add(id, "old news " + std::to_string(id));
  Searcher searcher(*world.store);
  std::atomic<std::uint32_t> next = 301;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int round = 0; round < 40; ++round) {
        const std::string first = "<" + std::to_string(number) + "." + std::to_string(round) + ">";
        const std::string second = "[" + std::to_string(number) + "." + std::to_string(round) + "]";
        std::optional<base::MsgId> id;
        world.write([&](const Scope& scope) {  // ids in the order of their commits
          id = base::MsgId(next++);
          MessageRow row = message_of(id->value, base::ChatId(10), first);
          return insert_message(scope, row);
        });
        if (world.find(searcher, first) != Ids{*id}) ++wrong;
        world.edit(*id, second);
        if (!world.find(searcher, first).empty()) ++wrong;
        if (world.find(searcher, second, base::ChatId(10)) != Ids{*id}) ++wrong;
        if (round % 2 == 0) continue;
        world.remove(*id);
        if (!world.find(searcher, second).empty()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("the text of a deleted message leaves memory before its deletion is answered") {
  SearchWorld world;
  world.add(1, std::string(500'000, 'x'));
  world.add(2, "short");
  Searcher searcher(*world.store);
  CHECK(world.find(searcher, "xxx") == Ids{base::MsgId(1)});
  REQUIRE(searcher.figures().text_bytes > 500'000);
  world.remove(base::MsgId(1));
  CHECK(searcher.figures().text_bytes < 10'000);
  CHECK(world.find(searcher, "xxx").empty());
  CHECK(world.find(searcher, "SHORT") == Ids{base::MsgId(2)});
}

TEST_CASE("texts in memory are bounded; what does not fit is read from the store") {
  SearchWorld world;
  world.write([&](const Scope& scope) -> base::Result<> {
    for (std::uint32_t id = 1; id <= 3'000; ++id) {
      MessageRow row =
          message_of(id, base::ChatId(10), "number " + std::to_string(id) + " of many");
      EDGE_CHECK(insert_message(scope, row));
    }
    return {};
  });
  Searcher searcher(*world.store, {.text_bytes = 50'000});
  CHECK(world.find(searcher, "number 7 ") == Ids{base::MsgId(7)});
  CHECK(world.find(searcher, "number 2999") == Ids{base::MsgId(2999)});
  CHECK(world.find(searcher, "of many") == world.scan("of many", {}, 1000));
  CHECK(world.find(searcher, "of many", base::ChatId(10)).size() == 3'000);
  CHECK(searcher.figures().text_bytes > 20'000);
  CHECK(searcher.figures().text_bytes < 60'000);
  world.add(3'001, "the newest");
  CHECK(world.find(searcher, "newest") == Ids{base::MsgId(3'001)});
}

TEST_CASE("an account that does not search any more is forgotten") {
  SearchWorld world;
  world.add(1, "something");
  Searcher searcher(*world.store, {.idle_after = 20});
  CHECK(world.find(searcher, "thing").size() == 1);
  CHECK(eventually([&] {
    const auto figures = searcher.figures();
    return figures.accounts == 0 && figures.text_bytes == 0;
  }));
  world.add(2, "anything");
  CHECK(world.find(searcher, "thing").size() == 2);
}

TEST_CASE("searches are answered without an index where there can be none") {
  SearchWorld world;
  world.add(1, "something");
  SECTION("more messages than it may hold") {
    Searcher searcher(*world.store, {.filter_bytes = 1});
    for (int i = 0; i < 3; ++i) CHECK(world.find(searcher, "some").size() == 1);
    CHECK(searcher.figures().accounts == 0);
  }
  SECTION("a damaged store") {
    Searcher searcher(*world.store);
    world.store->health().report_damage("a test says so");
    CHECK(world.find(searcher, "some").size() == 1);
  }
  SECTION("after the stop") {
    Searcher searcher(*world.store);
    searcher.stop();
    CHECK(world.find(searcher, "some").size() == 1);
  }
}

TEST_CASE("a text is found where the standard library finds it") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto letters = [&](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += "abc"[random() % 3];
    return out;
  };
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = letters(random() % 120);
    const std::string wanted = letters(1 + random() % 6);
    const std::size_t at = random() % 130;
    CAPTURE(text, wanted, at);
    REQUIRE(search::find_text(text, wanted, at) == text.find(wanted, at));
  }
  // Made to fit almost everywhere.
  const std::string text(100'000, 'a');
  const std::string wanted = std::string(1'000, 'a') + "b" + std::string(1'000, 'a');
  CHECK(search::find_text(text, wanted, 0) == std::string::npos);
  CHECK(search::find_text(text + wanted, wanted, 0) != std::string::npos);
}
