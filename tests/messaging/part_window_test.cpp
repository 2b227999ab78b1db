#include "messaging/peering/part_window.h"

#include <vector>

#include "tests/support/catch.h"

using messaging::peering::PartWindow;

namespace {

// Begins all that may be begun.
std::vector<PartWindow::Parts> fill(PartWindow& window) {
  std::vector<PartWindow::Parts> begun;
  while (const auto parts = window.next()) {
    window.begun(*parts);
    begun.push_back(*parts);
  }
  return begun;
}

}  // namespace

TEST_CASE("a file begins with one deposit and has one more under way with each quick answer") {
  PartWindow window(0, 1000, false);
  std::size_t expected = 1;
  auto under_way = fill(window);
  for (int round = 0; round < 20; ++round) {
    CHECK(window.under_way() == expected);
    window.answered(under_way.front(), true, 10);
    under_way.erase(under_way.begin());
    for (const auto& parts : fill(window)) under_way.push_back(parts);
    expected = std::min<std::size_t>(expected + 1, PartWindow::kMostDeposits);
  }
  CHECK(window.stored() == 20 * PartWindow::kMostParts);
}

TEST_CASE("on a slow link one deposit of a file is under way") {
  PartWindow window(0, 1000, false);
  auto under_way = fill(window);
  window.answered(under_way.front(), true, 10);
  under_way = fill(window);
  REQUIRE(under_way.size() == 2);
  for (const auto& parts : under_way) window.answered(parts, true, PartWindow::kQuick + 1);
  CHECK(fill(window).size() == 1);
}

TEST_CASE("parts behind one that is not answered are no progress yet") {
  PartWindow window(0, 30, false);
  window.answered(fill(window).front(), true, 1);
  window.answered(fill(window).front(), true, 1);  // the first of two
  const std::uint32_t before = window.stored();
  const auto later = fill(window);  // of three under way, the first began a round ago
  REQUIRE(later.size() == 2);
  window.answered(later[1], true, 1);
  CHECK(window.stored() == before);
  window.answered(later[0], true, 1);
  CHECK(window.stored() == before);
  window.answered({14, 21}, true, 1);
  CHECK(window.stored() == 30);
  CHECK(window.complete());
  CHECK(window.over());
}

TEST_CASE("after a deposit that failed none is begun, and those before it count") {
  PartWindow window(0, 1000, false);
  window.answered(fill(window).front(), true, 1);
  window.answered(fill(window).front(), true, 1);
  fill(window);  // 14 to 21 is under way, 21 to 28, 28 to 35
  window.answered({21, 28}, false, 1);
  CHECK_FALSE(window.next());
  CHECK_FALSE(window.over());
  window.answered({28, 35}, true, 1);
  window.answered({14, 21}, true, 1);
  CHECK(window.over());
  CHECK_FALSE(window.complete());
  CHECK(window.stored() == 21);
}

TEST_CASE("after a failure a file goes on with a single part, and doubles") {
  PartWindow window(40, 1000, true);
  std::vector<std::uint32_t> sizes;
  for (int i = 0; i < 5; ++i) {
    const auto parts = window.next();
    REQUIRE(parts);
    window.begun(*parts);
    sizes.push_back(parts->until - parts->first);
    window.answered(*parts, true, PartWindow::kQuick + 1);
  }
  CHECK(sizes == std::vector<std::uint32_t>{1, 2, 4, 7, 7});
  CHECK(window.stored() == 61);
}

TEST_CASE("the last deposit of a file holds what is left, and a whole file has none") {
  PartWindow window(0, 9, false);
  window.answered(fill(window).front(), true, 1);
  const auto last = fill(window);
  REQUIRE(last.size() == 1);
  CHECK(last.front().first == 7);
  CHECK(last.front().until == 9);
  PartWindow whole(9, 9, false);
  CHECK_FALSE(whole.next());
  CHECK(whole.over());
}
