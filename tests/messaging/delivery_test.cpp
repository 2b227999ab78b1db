// Joining and delivering when things go wrong: see also peers_test.cpp for the ordinary way.
#include <algorithm>

#include "messaging/delivery/courier.h"
#include "messaging/peering/joining.h"
#include "tests/support/world.h"

using namespace test;  // NOLINT

namespace {

base::Result<ChatId> start_joining(Peer& joiner, const std::string& link) {
  return answer<ChatId>([&](base::Completion<ChatId> done) {
    joiner.engine().securejoin().join(Peer::kAccount, link, std::move(done));
  });
}

base::Result<> toggle(Peer& peer, const std::string& link) {
  return answer<void>([&](base::Completion<> done) {
    peer.engine().securejoin().toggle_own(Peer::kAccount, link, std::move(done));
  });
}

// The progress values reported so far, in order.
template <class Progress>
std::vector<std::uint32_t> progress_of(const Peer& peer) {
  std::vector<std::uint32_t> values;
  for (const Progress& event : peer.events_of<Progress>()) values.push_back(event.progress);
  return values;
}

std::string with_field(std::string link, const std::string& name, const std::string& value) {
  const auto at = link.find("&" + name + "=");
  const auto end = link.find('&', at + 1);
  return link.replace(at, end - at, "&" + name + "=" + value);
}

}  // namespace

TEST_CASE("progress of a join rises to 1000 on both sides, once") {
  World world;
  world.join(world.bob, world.alice);
  const auto joiner = progress_of<SecurejoinJoinerProgress>(world.bob);
  CHECK(joiner == std::vector<std::uint32_t>{200, 400, 600, 1000});
  CHECK(progress_of<SecurejoinInviterProgress>(world.alice) == std::vector<std::uint32_t>{1000});
  CHECK(world.alice.events_of<PrivittyPeerHandshakeComplete>().size() == 1);
  CHECK(world.bob.events_of<PrivittyChatEncryptionChanged>().size() == 1);
}

TEST_CASE("a peer that cannot be reached is reported once, and an hour later again") {
  World world;
  const auto warnings = [&] { return world.bob.events_of<Warning>().size(); };
  const std::string link = world.alice.invite();
  world.network.set({.cut = true});
  REQUIRE(start_joining(world.bob, link));
  REQUIRE(world.until([&] { return warnings() == 1; }));
  CHECK(world.bob.events_of<Warning>().front().msg.find("alice") != std::string::npos);
  // Within the hour it is tried again and reported no more.
  world.clock.advance(60'000);
  const base::Millis later = world.clock.uptime() + 5'000;
  REQUIRE(world.until([&] { return world.clock.uptime() > later; }));
  CHECK(warnings() == 1);
  world.clock.advance(3600'000);
  CHECK(world.until([&] { return warnings() == 2; }));
  world.network.set({});
  CHECK(world.until([&] { return !progress_of<SecurejoinInviterProgress>(world.alice).empty(); }));
}

TEST_CASE("what is sent before the join is complete arrives after it, in order") {
  World world;
  world.network.set({.cut = true});
  const ChatId chat = *start_joining(world.bob, world.alice.invite());
  for (const char* text : {"one", "two", "three"}) world.bob.send(chat, text);
  CHECK(world.alice.events_of<SecurejoinInviterProgress>().empty());
  world.bob.restart();  // the join survives it
  world.network.set({});
  REQUIRE(world.until([&] { return world.alice.has_text("three"); }));
  CHECK(world.alice.texts(world.alice.chat_with_peer()) ==
        std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("a link with another secret is refused with an Error, and no contact comes of it") {
  World world;
  const std::string link =
      with_field(world.alice.invite(), "s", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  REQUIRE(start_joining(world.bob, link));
  REQUIRE(world.until([&] {
    const auto values = progress_of<SecurejoinJoinerProgress>(world.bob);
    return !values.empty() && values.back() == 0;
  }));
  CHECK(world.bob.events_of<Error>().size() == 1);
  CHECK(world.alice.events_of<SecurejoinInviterProgress>().empty());
  CHECK(world.alice.engine().contacts().ids(Peer::kAccount, false, std::nullopt)->empty());
  // The inviter's door is still open to who has the right one.
  world.join(world.bob, world.alice);
}

TEST_CASE("a withdrawn invite admits nobody, a revived one does") {
  World world;
  const std::string link = world.alice.invite();
  REQUIRE(toggle(world.alice, link));
  CHECK(world.alice.invite() != link);
  REQUIRE(start_joining(world.bob, link));
  REQUIRE(world.until([&] {
    const auto values = progress_of<SecurejoinJoinerProgress>(world.bob);
    return !values.empty() && values.back() == 0;
  }));
  REQUIRE(toggle(world.alice, link));
  world.bob.forget_events();
  REQUIRE(start_joining(world.bob, link));
  CHECK(world.until([&] {
    const auto values = progress_of<SecurejoinJoinerProgress>(world.bob);
    return !values.empty() && values.back() == 1000;
  }));
}

TEST_CASE("one's own invite is refused") {
  World world;
  const auto joined = start_joining(world.alice, world.alice.invite());
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == base::Errc::invalid_argument);
}

TEST_CASE("two who join each other at once talk in one chat each") {
  World world;
  const std::string of_alice = world.alice.invite();
  const std::string of_bob = world.bob.invite();
  world.network.set({.cut = true});
  REQUIRE(start_joining(world.alice, of_bob));
  REQUIRE(start_joining(world.bob, of_alice));
  world.network.set({});
  REQUIRE(world.until([&] {
    const auto alice = progress_of<SecurejoinJoinerProgress>(world.alice);
    const auto bob = progress_of<SecurejoinJoinerProgress>(world.bob);
    return alice.back() == 1000 && bob.back() == 1000;
  }));
  CHECK(progress_of<SecurejoinInviterProgress>(world.alice) == std::vector<std::uint32_t>{1000});
  CHECK(progress_of<SecurejoinInviterProgress>(world.bob) == std::vector<std::uint32_t>{1000});
  for (int i = 0; i < 5; ++i) {
    world.alice.send(world.alice.chat_with_peer(), "from alice " + std::to_string(i));
    world.bob.send(world.bob.chat_with_peer(), "from bob " + std::to_string(i));
  }
  REQUIRE(world.until(
      [&] { return world.alice.has_text("from bob 4") && world.bob.has_text("from alice 4"); }));
  CHECK(world.alice.texts(world.alice.chat_with_peer()).size() == 10);
  CHECK(world.bob.texts(world.bob.chat_with_peer()).size() == 10);
}

TEST_CASE("joining somebody again goes on in the same chat with a new session") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.bob.send(chat, "before");
  REQUIRE(world.until([&] { return world.alice.has_text("before"); }));
  CHECK(world.join(world.bob, world.alice) == chat);
  world.bob.send(chat, "after");
  REQUIRE(world.until([&] { return world.alice.has_text("after"); }));
  world.alice.send(world.alice.chat_with_peer(), "answer");
  REQUIRE(world.until([&] { return world.bob.has_text("answer"); }));
  CHECK(world.alice.texts(world.alice.chat_with_peer()) ==
        std::vector<std::string>{"before", "after", "answer"});
}

TEST_CASE("when every reply is lost, repetitions are one message, and all ends well") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.lose_reply = 1});
  const MsgId sent = world.bob.send(chat, "once");
  REQUIRE(world.until([&] { return world.alice.has_text("once"); }));
  const std::size_t deposits = world.network.deposits();
  REQUIRE(world.until([&] { return world.network.deposits() > deposits + 3; }));
  world.network.set({});
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
  CHECK(world.alice.texts(world.alice.chat_with_peer()) == std::vector<std::string>{"once"});
  CHECK(world.alice.events_of<IncomingMsg>().size() == 1);
  CHECK(world.bob.events_of<MsgDelivered>().size() == 1);
}

TEST_CASE("what no device acknowledged for two weeks has failed, with the reason") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  world.network.set({.cut = true});
  const MsgId sent = world.bob.send(chat, "into the void");
  world.clock.advance(kernel::kExpireAfter + 120'000);
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_failed; }));
  CHECK_FALSE(world.bob.message(sent).error.empty());
  CHECK(world.bob.events_of<MsgFailed>().size() == 1);
}

TEST_CASE("a file of many parts goes on after both sides were restarted in the middle") {
  World world;
  const ChatId chat = world.join(world.bob, world.alice);
  std::string content;
  for (std::uint32_t i = 0; content.size() < 5'000'000; ++i) content += std::to_string(i) + "\n";
  const TempDir folder;
  const std::size_t before = world.network.deposits();
  MessageDraft draft;
  draft.text = "log";
  draft.file = folder.file("log.txt", content);
  world.bob.send(chat, draft);
  REQUIRE(world.until([&] { return world.network.deposits() > before + 1; }));
  world.alice.restart();
  world.bob.restart();
  REQUIRE(world.until([&] { return world.alice.has_text("log"); }));
  const auto items = world.alice.engine().messages().list(
      Peer::kAccount, world.alice.chat_with_peer(), false, false);
  REQUIRE(items);
  const std::string out = folder.path() + "/out.txt";
  REQUIRE(answer<void>([&](base::Completion<> done) {
    world.alice.engine().messages().save_file(Peer::kAccount, items->back().message, out,
                                              std::move(done));
  }));
  CHECK(read_file(out) == content);
}

TEST_CASE(
    "a deposit without the token, with a wrong proof or for nobody gets one and the same answer") {
  World world;
  world.join(world.bob, world.alice);
  const auto judge = [&](const std::string& mailbox, const DepositProof& proof) {
    return answer<peering::ArrivalReply>([&](base::Completion<peering::ArrivalReply> done) {
             world.alice.engine().accept({mailbox, proof, join_body({base::Bytes(300, 1)})},
                                         std::move(done));
           })
        ->verdict;
  };
  const std::string mailbox = world.alice.engine().accounts().info(Peer::kAccount)->at("mailbox");
  const DepositToken stranger = DepositToken::generate();
  const base::Bytes body = join_body({base::Bytes(300, 1)});
  CHECK(judge(mailbox, prove_deposit(stranger, mailbox, world.clock.now(), body)) ==
        peering::ArrivalVerdict::unproven);
  CHECK(judge(mailbox, {}) == peering::ArrivalVerdict::unproven);
  CHECK(judge("nobody", prove_deposit(stranger, "nobody", world.clock.now(), body)) ==
        peering::ArrivalVerdict::unproven);
}

TEST_CASE("a dead peer with a long queue does not delay another one") {
  World world;
  Peer carol(world.network, world.clock, "carol");
  const ChatId to_bob = world.join(world.alice, world.bob);
  const ChatId to_carol = world.join(world.alice, carol);
  carol.stop();
  for (int i = 0; i < 600; ++i) world.alice.send(to_carol, "c" + std::to_string(i));
  // It has been found dead, and its pauses grow.
  world.clock.advance(60'000);
  const base::Millis before = world.clock.uptime();
  world.alice.send(to_bob, "quick");
  REQUIRE(world.until([&] { return world.bob.has_text("quick"); }));
  CHECK(world.clock.uptime() - before < 2'000);
  carol.start();
  REQUIRE(world.until([&] { return carol.has_text("c599"); }));
  const auto texts = carol.texts(carol.chat_with_peer());
  CHECK(texts.size() == 600);
  CHECK(texts.front() == "c0");
}

TEST_CASE("all work is done once what can be sent was sent, and delivery is on") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const auto done = [&] {
    const auto all = world.alice.engine().accounts().all_work_done(Peer::kAccount);
    REQUIRE(all.ok());
    return *all;
  };
  REQUIRE(world.until(done));
  world.network.hold(true);
  const std::uint64_t before = world.network.newest_held("alice");
  world.alice.send(chat, "on its way");
  world.network.held_after("alice", before);
  CHECK_FALSE(done());
  world.network.hold(false);
  CHECK(world.until([&] { return world.bob.has_text("on its way") && done(); }));

  const auto switched = [&](auto verb) {
    return answer<void>([&](auto done_switching) {
      (world.alice.engine().accounts().*verb)(Peer::kAccount, std::move(done_switching));
    });
  };
  REQUIRE(switched(&Accounts::stop_io));
  CHECK_FALSE(done());
  REQUIRE(switched(&Accounts::start_io));
  CHECK(world.until(done));
  // What waits for a peer that cannot be reached does not count.
  world.network.set({.cut = true});
  world.alice.send(chat, "nobody is there");
  CHECK(world.until(done));
}
