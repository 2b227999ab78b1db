// Locations: with messages, sent to chats for some time, in groups, and over restarts.
#include "messaging/api/locations.h"

#include <cmath>
#include <tuple>

#include "store/tables/accounts.h"
#include "store/tables/locations.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

base::Result<bool> set(Peer& peer, double latitude, double longitude) {
  return answer<bool>([&](auto done) {
    peer.engine().locations().set({latitude, longitude, 5}, std::move(done));
  });
}
base::Result<> stream(Peer& peer, ChatId chat, std::int64_t seconds) {
  return answer<void>([&](auto done) {
    peer.engine().locations().stream(kAccount, chat, seconds, std::move(done));
  });
}
bool streams(Peer& peer, std::optional<ChatId> chat = std::nullopt) {
  const auto found = peer.engine().locations().streams(kAccount, chat);
  REQUIRE(found);
  return *found;
}
std::vector<Location> list(Peer& peer, const LocationSpan& span = {}) {
  const auto found = peer.engine().locations().list(kAccount, span);
  REQUIRE(found);
  return *found;
}
// The latitudes that came from others, oldest first.
std::vector<double> received(Peer& peer) {
  std::vector<double> found;
  for (const Location& one : list(peer)) {
    if (one.contact != kSelf) found.insert(found.begin(), one.place.latitude);
  }
  return found;
}
MsgId send_at(Peer& peer, ChatId chat, const std::string& text, double latitude, double longitude) {
  MessageDraft draft;
  draft.text = text;
  draft.location = std::pair(latitude, longitude);
  return peer.send(chat, draft);
}
std::size_t lines(Peer& peer, ChatId chat, const std::string& text) {
  std::size_t count = 0;
  for (const SystemMessage kind : {SystemMessage::location_streaming, SystemMessage::none}) {
    for (const Message& line : Three::lines(peer, chat, kind)) {
      if (line.text == text) ++count;
    }
  }
  return count;
}

struct PlacesWorld : World {
  PlacesWorld() : at_bob(join(bob, alice)), at_alice(alice.chat_with_peer()) {}
  ChatId at_bob, at_alice;
};

}  // namespace

TEST_CASE("a message has its location at both sides, and a marker is its one character") {
  PlacesWorld world;
  const MsgId plain = world.alice.send(world.at_alice, "no place");
  const MsgId sent = send_at(world.alice, world.at_alice, "📍", 48.5, -3.25);
  CHECK(world.alice.message(sent).has_location);
  CHECK_FALSE(world.alice.message(plain).has_location);
  REQUIRE(world.until([&] { return !list(world.bob).empty(); }));
  const MsgId received = *world.bob.find_text("📍");
  CHECK(world.bob.message(received).has_location);
  CHECK_FALSE(world.bob.message(*world.bob.find_text("no place")).has_location);
  for (auto& [peer, chat, message] : {std::tuple(&world.alice, world.at_alice, sent),
                                      std::tuple(&world.bob, world.at_bob, received)}) {
    const auto found = list(*peer, {.chat = chat});
    REQUIRE(found.size() == 1);
    CHECK(found[0].place.latitude == 48.5);
    CHECK(found[0].place.longitude == -3.25);
    CHECK(found[0].of_message);
    CHECK(found[0].message == message);
    CHECK(found[0].marker == "📍");
    // That of a message is listed whatever the time, and not in another chat.
    CHECK(list(*peer, {.to = 1}).size() == 1);
    CHECK(list(*peer, {.chat = ChatId(4711)}).empty());
  }
  CHECK(list(world.bob, {.contact = kSelf}).empty());
  CHECK(world.until(
      [&] { return times(world.bob, LocationChanged{list(world.bob)[0].contact}) == 1; }));
  CHECK(world.until([&] { return times(world.alice, LocationChanged{kSelf}) == 1; }));
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().remove(kAccount, {received}, std::move(done));
  }));
  CHECK(list(world.bob).empty());
}

TEST_CASE("locations find their messages in whichever order both come") {
  PlacesWorld world;
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  for (int i = 0; i < 10; ++i) {
    send_at(world.alice, world.at_alice, "at " + std::to_string(i), i, i);
  }
  CHECK(world.until([&] {
    const auto found = list(world.bob);
    return found.size() == 10 && std::all_of(found.begin(), found.end(), [&](const Location& one) {
             return one.message && world.bob.message(*one.message).has_location &&
                    world.bob.message(*one.message).text ==
                        "at " + std::to_string(static_cast<int>(one.place.latitude));
           });
  }));
}

TEST_CASE("locations are sent to a chat at once and then once a minute, until it is ended") {
  PlacesWorld world;
  CHECK_FALSE(*set(world.alice, 1, 1));  // to nobody
  CHECK(list(world.alice).empty());
  REQUIRE(stream(world.alice, world.at_alice, 3600));
  CHECK(streams(world.alice));
  CHECK(streams(world.alice, world.at_alice));
  CHECK_FALSE(streams(world.alice, world.alice.saved_messages()));
  CHECK(lines(world.alice, world.at_alice, "Location streaming enabled.") == 1);
  REQUIRE(world.until(
      [&] { return lines(world.bob, world.at_bob, "Location streaming enabled by alice.") == 1; }));
  CHECK(*set(world.alice, 1, 1));
  REQUIRE(world.until([&] { return received(world.bob) == std::vector<double>{1}; }));
  const base::UnixMillis began = world.clock.now();
  CHECK(*set(world.alice, 2, 1));
  world.clock.advance(2000);
  CHECK(*set(world.alice, 3, 1));
  // Of those within a second the last one counts.
  CHECK(*set(world.alice, 4, 1));
  REQUIRE(world.until([&] { return received(world.bob) == std::vector<double>{1, 2, 4}; }));
  CHECK(world.clock.now() >= began + kMinute);
  CHECK(list(world.alice).size() == 3);
  CHECK(list(world.bob, {.from = list(world.bob)[0].at}).size() == 1);

  REQUIRE(stream(world.alice, world.at_alice, 7200));  // longer, without another line
  CHECK(lines(world.alice, world.at_alice, "Location streaming enabled.") == 1);
  CHECK(*set(world.alice, 5, 1));
  REQUIRE(answer<void>([&](auto done) { world.alice.engine().locations().stop(std::move(done)); }));
  CHECK_FALSE(streams(world.alice));
  CHECK_FALSE(*set(world.alice, 6, 1));
  CHECK(lines(world.alice, world.at_alice, "Location streaming disabled.") == 1);
  // What was held back goes with the end.
  CHECK(world.until([&] { return received(world.bob) == std::vector<double>{1, 2, 4, 5}; }));
  world.clock.advance(2 * kMinute);
  CHECK(received(world.bob).size() == 4);
}

TEST_CASE("sending of locations ends by its time, also while the daemon is off") {
  PlacesWorld world;
  REQUIRE(stream(world.alice, world.at_alice, 600));
  CHECK(*set(world.alice, 1, 1));
  REQUIRE(world.until([&] { return received(world.bob).size() == 1; }));
  CHECK(*set(world.alice, 2, 1));
  const bool off = GENERATE(false, true);
  if (off) {
    world.alice.restart();
    CHECK(streams(world.alice, world.at_alice));
    REQUIRE(world.until([&] { return received(world.bob) == std::vector<double>{1, 2}; }));
    world.alice.stop();
  }
  world.clock.advance(600'000);
  if (off) world.alice.start();
  CHECK_FALSE(streams(world.alice));
  REQUIRE(world.until(
      [&] { return lines(world.alice, world.at_alice, "Location streaming disabled.") == 1; }));
  CHECK_FALSE(*set(world.alice, 3, 1));
  CHECK(world.until([&] { return received(world.bob) == std::vector<double>{1, 2}; }));
}

TEST_CASE("members of a group see where the sender is, and others' chats do not") {
  Three world;
  const ChatId chat = world.make_group();
  REQUIRE(stream(world.alice, chat, 3600));
  CHECK(*set(world.alice, 10, 20));
  send_at(world.alice, chat, "here", 11, 20);
  for (Peer* peer : {&world.bob, &world.carol}) {
    REQUIRE(world.until([&] { return received(*peer).size() == 2; }));
    for (const Location& one : list(*peer)) CHECK(one.chat == Three::group_at(*peer));
    CHECK(lines(*peer, Three::group_at(*peer), "Location streaming enabled by alice.") == 1);
    CHECK(peer->message(*peer->find_text("here")).has_location);
  }
}

TEST_CASE("places that are none are refused, and a path is bounded") {
  PlacesWorld world;
  for (const auto& [latitude, longitude] :
       {std::pair(91.0, 0.0), std::pair(0.0, -181.0), std::pair(std::nan(""), 0.0)}) {
    CHECK_FALSE(set(world.alice, latitude, longitude));
    MessageDraft draft;
    draft.text = "nowhere";
    draft.location = std::pair(latitude, longitude);
    CHECK_FALSE(answer<MsgId>([&](auto done) {
      world.alice.engine().messages().send(kAccount, world.at_alice, draft, std::move(done));
    }));
  }
  CHECK_FALSE(world.alice.has_text("nowhere"));
  CHECK_FALSE(stream(world.alice, world.at_alice, -1));
  CHECK_FALSE(stream(world.alice, ChatId(4711), 60));
  const auto many = world.alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    const store::Scope scope{tx.db(), tx.vault(), key, kAccount};
    for (std::int64_t i = 1; i <= store::kMostOfPath + 50; ++i) {
      store::LocationRow row;
      row.id = i;
      row.chat = world.at_alice;
      row.contact = kSelf;
      row.at = i;
      EDGE_CHECK(store::insert_location(scope, row));
    }
    return {};
  });
  REQUIRE(many);
  const auto kept = list(world.alice);
  CHECK(kept.size() == static_cast<std::size_t>(store::kMostOfPath));
  CHECK(kept.back().id == 51);
}
