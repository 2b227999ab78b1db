#include "base/fair_queue.h"

#include <memory>
#include <string>

#include "tests/support/catch.h"

using Queue = base::FairQueue<std::string, int>;

TEST_CASE("parties are served in turn, each in its own order") {
  Queue queue;
  for (int i = 0; i < 1000; ++i) REQUIRE(queue.push("hog", int(i)));
  REQUIRE(queue.push("a", 1));
  REQUIRE(queue.push("b", 2));
  REQUIRE(queue.push("a", 3));
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const auto popped = queue.pop();
    REQUIRE(popped);
    order += popped->key + std::to_string(popped->item) + " ";
  }
  CHECK(order == "hog0 a1 b2 hog1 a3 hog2 ");
  CHECK(queue.size() == 997);
}

TEST_CASE("a party that comes late waits for one item of each of the others") {
  Queue queue;
  for (int i = 0; i < 10; ++i) {
    for (const char* hog : {"x", "y", "z"}) REQUIRE(queue.push(hog, int(i)));
  }
  CHECK(queue.pop()->key == "x");
  REQUIRE(queue.push("late", 7));
  int before = 0;
  while (queue.pop()->key != "late") ++before;
  CHECK(before <= 3);
}

TEST_CASE("a party whose turn it is can let the others go first") {
  base::FairQueue<std::string, int> queue;
  CHECK(queue.next() == nullptr);
  REQUIRE(queue.push("a", 1));
  REQUIRE(queue.push("a", 2));
  REQUIRE(queue.push("b", 3));
  REQUIRE(queue.next() != nullptr);
  CHECK(*queue.next() == "a");
  queue.pass_turn();
  CHECK(*queue.next() == "b");
  CHECK(queue.pop()->item == 3);
  CHECK(queue.pop()->item == 1);
  CHECK(queue.pop()->item == 2);
  queue.pass_turn();
  CHECK(queue.next() == nullptr);
}

TEST_CASE("a party at its bound of items under way waits, and goes on when one is done") {
  Queue queue({.under_way_each = 2});
  for (int i = 0; i < 4; ++i) REQUIRE(queue.push("a", int(i)));
  CHECK(queue.pop()->item == 0);
  CHECK(queue.pop()->item == 1);
  CHECK_FALSE(queue.ready());
  CHECK_FALSE(queue.pop());
  CHECK(queue.under_way("a") == 2);
  REQUIRE(queue.push("b", 9));
  CHECK(queue.pop()->key == "b");
  queue.done("a");
  CHECK(queue.pop()->item == 2);
  queue.done("a");
  CHECK(queue.pop()->item == 3);
}

TEST_CASE("full for one party is not full for another, and a refused item is left whole") {
  base::FairQueue<int, std::unique_ptr<int>> queue({.waiting = 3, .waiting_each = 2});
  REQUIRE(queue.push(1, std::make_unique<int>(1)));
  REQUIRE(queue.push(1, std::make_unique<int>(2)));
  auto refused = std::make_unique<int>(3);
  CHECK_FALSE(queue.push(1, std::move(refused)));
  REQUIRE(refused);
  CHECK(*refused == 3);
  REQUIRE(queue.push(2, std::move(refused)));
  CHECK_FALSE(queue.push(3, std::make_unique<int>(4)));  // the bound of all
}

TEST_CASE("the rest of an item comes behind the others' turns, full or not") {
  Queue queue({.waiting = 2});
  REQUIRE(queue.push("a", 1));
  REQUIRE(queue.push("b", 2));
  const auto first = queue.pop();
  CHECK(first->key == "a");
  REQUIRE(queue.push("c", 3));
  queue.push_rest("a", 10);
  queue.done("a");
  CHECK(queue.pop()->key == "b");
  CHECK(queue.pop()->key == "c");
  CHECK(queue.pop()->item == 10);
}

TEST_CASE("what a party that has gone left is taken out, and its name forgotten") {
  Queue queue;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(queue.push("gone", int(i)));
    REQUIRE(queue.push("here", int(i)));
  }
  const auto removed = queue.remove_if([](const std::string& key, int) { return key == "gone"; });
  CHECK(removed.size() == 5);
  CHECK(queue.parties() == 1);
  for (int i = 0; i < 5; ++i) {
    CHECK(queue.pop()->item == i);
    queue.done("here");
  }
  CHECK(queue.parties() == 0);
  CHECK(queue.size() == 0);
}
