#include "messaging/api/opening.h"

#include "tests/support/world.h"

using namespace test;

namespace {

std::vector<ChatId> chats_of(const std::vector<AccountOpening>& accounts) {
  std::vector<ChatId> out;
  for (const AccountOpening& account : accounts) {
    for (const auto& line : account.chats) out.push_back(line.chat.id);
  }
  return out;
}

}  // namespace

TEST_CASE("an opening that is read little by little is the one that is read at once") {
  World world;
  auto& engine = world.alice.engine();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(answer<ChatId>([&](auto done) {
      engine.groups().create(Peer::kAccount, "group " + std::to_string(i), std::move(done));
    }));
  }
  const OpeningQuery query{.accounts = true};
  const auto whole = engine.opening(query);
  REQUIRE(whole);
  REQUIRE(chats_of(whole->accounts).size() > 20);

  auto read = engine.begin_opening(query);
  REQUIRE(read);
  // What comes meanwhile is not in the snapshot.
  REQUIRE(answer<ChatId>(
      [&](auto done) { engine.groups().create(Peer::kAccount, "later", std::move(done)); }));
  std::vector<AccountOpening> accounts;
  base::EventId position;
  int steps = 0;
  for (bool done = false; !done;) {
    const auto step = read->step(std::chrono::microseconds(0));
    REQUIRE(step);
    done = *step;
    Opening complete = read->take();
    position = complete.position;
    for (AccountOpening& account : complete.accounts) accounts.push_back(std::move(account));
    ++steps;
  }
  CHECK(steps > 20);
  CHECK(position == whole->position);
  CHECK(chats_of(accounts) == chats_of(whole->accounts));
}
