// Timers of chats: how a change reaches the others, when messages vanish, and that nothing of it
// depends on the daemon running.
#include "messaging/kernel/timer_lines.h"
#include "messaging/model/chat_timer.h"
#include "messaging/model/text_content.h"
#include "store/tables/messages.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

constexpr base::Millis kSecond = 1000;

base::Result<> set_timer(Peer& peer, ChatId chat, std::uint32_t seconds) {
  return answer<void>([&](auto done) {
    peer.engine().chats().set_timer(kAccount, chat, seconds, std::move(done));
  });
}
std::uint32_t timer(Peer& peer, ChatId chat) {
  const auto found = peer.engine().chats().timer(kAccount, chat);
  REQUIRE(found);
  return *found;
}
bool gone(Peer& peer, MsgId message) {
  const auto found = peer.engine().messages().get(kAccount, message);
  return !found && found.error().code == base::Errc::not_found;
}
std::vector<std::string> timer_lines(Peer& peer, ChatId chat) {
  std::vector<std::string> texts;
  for (const Message& line : Three::lines(peer, chat, SystemMessage::ephemeral_timer)) {
    texts.push_back(line.text);
  }
  return texts;
}

struct TimersWorld : World {
  ChatId at_bob = join(bob, alice);
  ChatId at_alice = alice.chat_with_peer();
};

}  // namespace

TEST_CASE("timer lines are worded as Delta Chat words them") {
  kernel::StockStrings words;
  const auto timer_line = [&](std::uint32_t seconds, const std::optional<std::string>& by) {
    return kernel::timer_line(words, seconds, by);
  };
  const std::optional<std::string> us;
  CHECK(timer_line(0, us) == "You disabled message deletion timer.");
  CHECK(timer_line(1, us) == "You set message deletion timer to 1 s.");
  CHECK(timer_line(60, us) == "You set message deletion timer to 60 s.");
  CHECK(timer_line(90, us) == "You set message deletion timer to 1.5 minutes.");
  CHECK(timer_line(30 * 60, us) == "You set message deletion timer to 30 minutes.");
  CHECK(timer_line(3600, us) == "You set message deletion timer to 1 hour.");
  CHECK(timer_line(5400, us) == "You set message deletion timer to 1.5 hours.");
  CHECK(timer_line(86'400, us) == "You set message deletion timer to 1 day.");
  CHECK(timer_line(2 * 86'400, us) == "You set message deletion timer to 2 days.");
  CHECK(timer_line(604'800, us) == "You set message deletion timer to 1 week.");
  CHECK(timer_line(4 * 604'800, us) == "You set message deletion timer to 4 weeks.");
  CHECK(timer_line(31'536'000, us) == "You set message deletion timer to 1 year.");
  CHECK(timer_line(0, "bob") == "Message deletion timer is disabled by bob.");
  CHECK(timer_line(3600, "bob") == "Message deletion timer is set to 1 hour by bob.");
  CHECK(timer_line(90, "bob") == "Message deletion timer is set to 1.5 minutes by bob.");
  // In a client's own words.
  words.set({{144, "eine Stunde"},
             {145, "%1$s: eine Stunde"},
             {151, "%2$s: %1$s Minuten"},
             {138, "nie"}});
  CHECK(timer_line(0, us) == "nie");
  CHECK(timer_line(3600, us) == "eine Stunde");
  CHECK(timer_line(3600, "bob") == "bob: eine Stunde");
  CHECK(timer_line(90, "bob") == "bob: 1.5 Minuten");
}

TEST_CASE("a text carries its chat's timer behind what earlier versions know") {
  TextMessage text;
  text.text = "hello";
  text.timer = {3, 60};
  base::WireWriter out;
  write_fields(out, text);
  TextMessage plain = text;
  plain.timer = {};
  base::WireWriter before;
  write_fields(before, plain);
  REQUIRE(out.view().size() == before.view().size() + 13);
  CHECK(std::equal(before.view().begin(), before.view().end(), out.view().begin()));
  base::WireReader in(out.view());
  TextMessage back;
  read_fields(in, back);
  CHECK(in.done());
  CHECK(back.timer == text.timer);
  base::WireReader old(before.view());
  read_fields(old, back = {});
  CHECK(old.done());
  CHECK(back.timer == TimerValue());
}

TEST_CASE("a chat's timer reaches the other side, with a line and an event at both") {
  TimersWorld world;
  REQUIRE(set_timer(world.alice, world.at_alice, 3600));
  CHECK(timer(world.alice, world.at_alice) == 3600);
  REQUIRE(world.until([&] { return timer(world.bob, world.at_bob) == 3600; }));
  CHECK(timer_lines(world.alice, world.at_alice) ==
        Names{"You set message deletion timer to 1 hour."});
  CHECK(timer_lines(world.bob, world.at_bob) ==
        Names{"Message deletion timer is set to 1 hour by alice."});
  CHECK(world.until([&] {
    return times(world.alice, ChatEphemeralTimerModified{world.at_alice, 3600}) == 1;
  }));
  CHECK(world.until([&] {
    return times(world.bob, ChatEphemeralTimerModified{world.at_bob, 3600}) == 1;
  }));
  // The same again changes nothing.
  REQUIRE(set_timer(world.alice, world.at_alice, 3600));
  CHECK(timer_lines(world.alice, world.at_alice).size() == 1);
  REQUIRE(set_timer(world.bob, world.at_bob, 0));
  REQUIRE(world.until([&] { return timer(world.alice, world.at_alice) == 0; }));
  CHECK(timer_lines(world.alice, world.at_alice).back() ==
        "Message deletion timer is disabled by bob.");
}

TEST_CASE("both sides agree on one timer when they set it at the same time") {
  TimersWorld world;
  world.network.set({.cut = true});
  REQUIRE(set_timer(world.alice, world.at_alice, 60));
  REQUIRE(set_timer(world.bob, world.at_bob, 300));
  world.network.set({});
  CHECK(world.until([&] {
    return timer(world.alice, world.at_alice) == 300 && timer(world.bob, world.at_bob) == 300;
  }));
}

TEST_CASE("a message vanishes so long after it was sent, and at its reader after it was read") {
  TimersWorld world;
  REQUIRE(set_timer(world.alice, world.at_alice, 60));
  const MsgId sent = world.alice.send(world.at_alice, "burn after reading");
  REQUIRE(world.until([&] { return world.bob.has_text("burn after reading"); }));
  const MsgId received = *world.bob.find_text("burn after reading");
  CHECK(world.alice.message(sent).timer == 60);
  CHECK(world.alice.message(sent).expires_at > 0);
  CHECK(world.bob.message(received).timer == 60);
  CHECK(world.bob.message(received).expires_at == 0);

  world.clock.advance(61 * kSecond);
  REQUIRE(world.until([&] { return gone(world.alice, sent); }));
  CHECK_FALSE(gone(world.bob, received));  // it was not read
  CHECK(world.until([&] { return times(world.alice, MsgDeleted{world.at_alice, sent}) == 1; }));

  world.bob.mark_seen({received});
  CHECK(world.bob.message(received).expires_at > 0);
  world.clock.advance(61 * kSecond);
  REQUIRE(world.until([&] { return gone(world.bob, received); }));
  // What came before the timer stays, and so does what comes after it was turned off.
  REQUIRE(set_timer(world.alice, world.at_alice, 0));
  const MsgId kept = world.alice.send(world.at_alice, "keep this");
  CHECK(world.alice.message(kept).timer == 0);
}

TEST_CASE("noticing a chat starts the timers of its messages") {
  TimersWorld world;
  REQUIRE(set_timer(world.alice, world.at_alice, 60));
  world.alice.send(world.at_alice, "noticed");
  REQUIRE(world.until([&] { return world.bob.has_text("noticed"); }));
  const MsgId received = *world.bob.find_text("noticed");
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().chats().mark_noticed(kAccount, world.at_bob, std::move(done));
  }));
  world.clock.advance(61 * kSecond);
  CHECK(world.until([&] { return gone(world.bob, received); }));
}

TEST_CASE("timers run while the daemon is off") {
  TimersWorld world;
  REQUIRE(set_timer(world.alice, world.at_alice, 600));
  const MsgId sent = world.alice.send(world.at_alice, "short");
  world.alice.restart();
  CHECK_FALSE(gone(world.alice, sent));
  world.alice.stop();
  world.clock.advance(3600 * kSecond);
  world.alice.start();
  CHECK(world.until([&] { return gone(world.alice, sent); }));
  CHECK(timer(world.alice, world.at_alice) == 600);
}

TEST_CASE("many messages vanish in portions") {
  World world;
  const ChatId chat = world.alice.saved_messages();
  REQUIRE(set_timer(world.alice, chat, 10));
  CHECK(timer_lines(world.alice, chat).empty());  // nobody else is in it
  for (int i = 0; i < 250; ++i) world.alice.send(chat, "note " + std::to_string(i));
  world.clock.advance(11 * kSecond);
  CHECK(world.until(
      [&] { return world.alice.engine().messages().list(kAccount, chat, false, false)->empty(); }));
}

TEST_CASE("a group's timer reaches its members, and a new member by the first text") {
  Three world;
  const ChatId group = world.create(world.alice, "Shift 2");
  world.add(world.alice, group, world.bob_at_alice);
  REQUIRE(set_timer(world.alice, group, 60));
  CHECK(timer_lines(world.alice, group).empty());  // nobody knows the group yet
  world.alice.send(group, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  const ChatId at_bob = Three::group_at(world.bob);
  CHECK(timer(world.bob, at_bob) == 60);

  REQUIRE(set_timer(world.bob, at_bob, 300));
  REQUIRE(world.until([&] { return timer(world.alice, group) == 300; }));
  CHECK(timer_lines(world.alice, group) ==
        Names{"Message deletion timer is set to 5 minutes by bob."});
  world.add(world.alice, group, world.carol_at_alice);
  world.alice.send(group, "hello carol");
  REQUIRE(world.until([&] { return world.carol.has_text("hello carol"); }));
  CHECK(timer(world.carol, Three::group_at(world.carol)) == 300);
}

TEST_CASE("who is no member sets no timer, and nobody sets one where nothing can be sent") {
  Three world;
  const ChatId group = world.make_group();
  const ChatId at_bob = Three::group_at(world.bob);
  REQUIRE(world.remove(world.alice, group, world.bob_at_alice));
  REQUIRE(world.until([&] { return !Three::chat(world.bob, at_bob).self_in_group; }));
  const auto refused = set_timer(world.bob, at_bob, 60);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(timer(world.bob, at_bob) == 0);
  CHECK(timer(world.alice, group) == 0);
}

TEST_CASE("delete_device_after removes old messages, and the estimate says how many") {
  TimersWorld world;
  world.alice.send(world.at_alice, "old");
  const MsgId note = world.alice.send(world.alice.saved_messages(), "a note stays");
  world.clock.advance(2 * 3600 * kSecond);
  const MsgId fresh = world.alice.send(world.at_alice, "new");
  const auto old = world.alice.engine().messages().count_older(kAccount, 3600 * kSecond);
  REQUIRE(old);
  const std::size_t before = world.alice.texts(world.at_alice).size();
  REQUIRE(before == 2);
  world.alice.set_config("delete_device_after", "3600");
  world.clock.advance(61 * kSecond);  // few minutes may pass, or the new one is old as well
  CHECK(world.until([&] { return world.alice.texts(world.at_alice) == Names{"new"}; }));
  CHECK_FALSE(gone(world.alice, fresh));
  CHECK_FALSE(gone(world.alice, note));
  CHECK(world.alice.engine().messages().count_older(kAccount, 3600 * kSecond).value_or(9) == 0);
}
