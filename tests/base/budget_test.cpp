#include "base/budget.h"

#include <string>

#include "tests/support/catch.h"

using Budget = base::Budget<std::string>;

TEST_CASE("a party spends its burst at once and then what comes back") {
  Budget budget({.per_second = 2, .burst = 3});
  for (int i = 0; i < 3; ++i) CHECK(budget.take("a", 1000) == 0);
  CHECK(budget.take("a", 1000) == 500);
  CHECK(budget.take("a", 1499) == 1);
  CHECK(budget.take("a", 1500) == 0);
  CHECK(budget.take("b", 1500) == 0);  // has its own
}

TEST_CASE("a price over the burst is paid from a full bucket and leaves a debt") {
  Budget budget({.per_second = 10, .burst = 100});
  CHECK(budget.take("a", 0, 250) == 0);
  CHECK(budget.left("a", 0) == -150);
  CHECK(budget.take("a", 0) == 15'100);
  CHECK(budget.take("a", 15'100) == 0);
  CHECK(budget.left("a", 15'100) == 0);
}

TEST_CASE("what is charged afterwards keeps the party waiting") {
  Budget budget({.per_second = 1, .burst = 5});
  budget.charge("a", 0, 8);
  CHECK(budget.wait("a", 0) == 4000);
  CHECK(budget.wait("b", 0) == 0);
}

TEST_CASE("a flood of new names restores nobody's budget and locks nobody out who is known") {
  Budget budget({.per_second = 0.001, .burst = 2}, 100);
  CHECK(budget.take("spent", 0) == 0);
  CHECK(budget.take("spent", 0) == 0);
  CHECK(budget.take("known", 0) == 0);
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i) admitted += budget.take("new" + std::to_string(i), 1) == 0;
  CHECK(budget.parties() == 100);
  CHECK(admitted <= 98 + 2);  // the rest shares one bucket
  CHECK(budget.take("spent", 1) > 0);
  CHECK(budget.take("known", 1) == 0);
}

TEST_CASE("parties that have everything back are forgotten first") {
  Budget budget({.per_second = 1, .burst = 1}, 10);
  for (int i = 0; i < 10; ++i) CHECK(budget.take(std::to_string(i), 0) == 0);
  CHECK(budget.take("late", 5000) == 0);
  CHECK(budget.parties() == 1);
}

TEST_CASE("a clock that goes back gives and takes nothing") {
  Budget budget({.per_second = 1, .burst = 2});
  CHECK(budget.take("a", 10'000) == 0);
  CHECK(budget.take("a", 5'000) == 0);
  CHECK(budget.take("a", 5'000) > 0);
}
