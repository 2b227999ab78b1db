// Nothing is lost by mail and everything counts once: refusals, lost answers, restarts at each
// moment, doubled and reordered mails, mails that cannot be opened.
#include "tests/messaging/mail_world.h"

using namespace test;
using messaging::mail::SubmitOutcome;
using messaging::mail::SubmitReply;

namespace {

struct Faults : MailWorld {
  Faults() : bobs(join(bob, alice)), alices(alice.chat_with_peer()) {}
  std::size_t waiting_for_alice() { return servers.count(addr(alice)); }
  ChatId bobs, alices;
};

FakeMails::Weather answers(SubmitOutcome outcome, std::string words) {
  SubmitReply reply;
  reply.outcome = outcome;
  reply.words = std::move(words);
  FakeMails::Weather weather;
  weather.reply = std::move(reply);
  return weather;
}

}  // namespace

TEST_CASE("a server that refuses a mail fails its message with the server's words") {
  Faults world;
  world.bobs_mails().set(answers(SubmitOutcome::refused, "smtp: 552 5.3.4 too large"));
  const MsgId sent = world.bob.send(world.bobs, "refused");
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_failed; }));
  CHECK(world.bob.message(sent).error.find("552 5.3.4 too large") != std::string::npos);
  CHECK(world.bob.events_of<MsgFailed>().size() == 1);
  CHECK(world.outbox(world.bob) == 0);
  // The next one goes.
  world.bobs_mails().set({});
  world.bob.send(world.bobs, "accepted");
  REQUIRE(world.until([&] { return world.alice.has_text("accepted"); }));
}

TEST_CASE("a mail waits for a server that is busy or away, and is sent once it is there") {
  Faults world;
  const auto outcome =
      GENERATE(SubmitOutcome::later, SubmitOutcome::unreachable, SubmitOutcome::unauthorized);
  world.bobs_mails().set(answers(outcome, "450 4.7.1 slow down"));
  const MsgId sent = world.bob.send(world.bobs, "patience");
  REQUIRE(world.until([&] { return world.bobs_mails().tries() >= 2; }));
  CHECK(world.bob.state(sent) == MsgState::out_pending);
  world.bobs_mails().set({});
  REQUIRE(world.until([&] { return world.alice.has_text("patience"); }));
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
}

TEST_CASE("a mail that was accepted without an answer is sent again and counts once") {
  Faults world;
  FakeMails::Weather lost;
  lost.lost = true;
  world.bobs_mails().set(lost);
  const MsgId sent = world.bob.send(world.bobs, "once");
  REQUIRE(world.until([&] { return world.alice.has_text("once"); }));
  SECTION("while it runs") {}
  SECTION("after a restart between the acceptance and its record") {
    world.restart(world.bob, world.bobs_mails());
  }
  world.bobs_mails().set({});
  REQUIRE(world.until([&] { return world.bob.state(sent) == MsgState::out_delivered; }));
  REQUIRE(world.until([&] { return world.waiting_for_alice() == 0; }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"once"});
  CHECK(world.alice.events_of<IncomingMsg>().size() == 1);
}

TEST_CASE("a mail that was committed and not acknowledged is offered again and counts once") {
  Faults world;
  world.alices_mails().forget_acknowledgements(true);
  world.bob.send(world.bobs, "kept on the server");
  REQUIRE(world.until([&] { return world.alice.has_text("kept on the server"); }));
  CHECK(world.waiting_for_alice() == 1);
  world.stop(world.alice, world.alices_mails());
  world.alices_mails().forget_acknowledgements(false);
  world.start(world.alice, world.alices_mails());
  REQUIRE(world.until([&] { return world.waiting_for_alice() == 0; }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"kept on the server"});
}

TEST_CASE("doubled and reordered mails are in the order of their sender") {
  Faults world;
  world.servers.hold(MailWorld::addr(world.alice), true);
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) {
    texts.push_back("number " + std::to_string(i));
    world.bob.send(world.bobs, texts.back());
    world.clock.advance(1000);  // mails are in the order of their dates
  }
  REQUIRE(world.until([&] { return world.waiting_for_alice() == 20; }));
  world.servers.double_and_reverse(MailWorld::addr(world.alice));
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] { return world.waiting_for_alice() == 0; }));
  CHECK(world.alice.texts(world.alices) == texts);
}

TEST_CASE("a mail that cannot be opened or read costs itself alone") {
  Faults world;
  const auto text = [](const std::string& head, const std::string& body) {
    const std::string mail = head + "\r\n" + body;
    return base::Bytes(mail.begin(), mail.end());
  };
  const std::string encrypted =
      "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; "
      "boundary=\"b\"\r\n"
      "MIME-Version: 1.0\r\nFrom: <bob@mail.test>\r\nMessage-ID: <";
  const std::string parts =
      "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
      "--b\r\nContent-Type: application/octet-stream\r\n\r\n";
  world.servers.hold(MailWorld::addr(world.alice), true);
  const std::string box = MailWorld::addr(world.alice);
  world.servers.put(box,
                    text(encrypted + "one@x>\r\n", parts + "-----BEGIN PGP MESSAGE-----\r\n\r\n"
                                                           "AAAA\r\n--b--\r\n"));
  world.servers.put(box, text(encrypted + "two@x>\r\n", "no parts at all"));
  world.servers.put(box, text(encrypted + "three@x>\r\n", parts));
  world.servers.put(box, base::Bytes(1000, 0xff));
  world.servers.put(box, text("From: <bob@mail.test>\r\nMessage-ID: <four@x>\r\n"
                              "Content-Type: text/plain\r\n",
                              "in the clear"));
  world.bob.send(world.bobs, "behind them");
  REQUIRE(world.until([&] { return world.waiting_for_alice() == 6; }));
  world.servers.hold(box, false);
  REQUIRE(world.until([&] { return world.alice.has_text("behind them"); }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"behind them"});
  // What is no chat mail stays on the server; what cannot be opened is acknowledged.
  CHECK(world.until([&] { return world.waiting_for_alice() == 2; }));
}

TEST_CASE(
    "somebody who never joined is a contact request, and a mail meant for another is nothing") {
  MailWorld world;
  const ChatId bobs = world.join(world.bob, world.alice);
  world.bob.send(bobs, "to alice");
  REQUIRE(world.until([&] { return world.alice.has_text("to alice"); }));
  base::Bytes to_alice;
  for (const auto& mail : world.servers.sent()) {
    if (mail.recipients == std::vector<std::string>{MailWorld::addr(world.alice)}) {
      to_alice = mail.text;
    }
  }
  // Sealed to alice's key alone.
  world.servers.put(MailWorld::addr(world.bob), to_alice);
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.bob)) == 0; }));
  CHECK(world.bob.texts(bobs) == std::vector<std::string>{"to alice"});
}

TEST_CASE("delete_server_after N deletes what was taken N seconds later, in bounded batches") {
  Faults world;
  world.alices_mails().forget_acknowledgements(true);  // all stays on the server
  world.alice.set_config("delete_server_after", "86400");
  world.bob.send(world.bobs, "one");
  REQUIRE(world.until([&] { return world.alice.has_text("one"); }));
  world.bob.send(world.bobs, "two");
  REQUIRE(world.until([&] { return world.alice.has_text("two"); }));
  CHECK(world.waiting_for_alice() == 2);
  world.restart(world.alice, world.alices_mails());
  world.clock.advance(80'000'000);
  world.bob.send(world.bobs, "fresh");
  REQUIRE(world.until([&] { return world.alice.has_text("fresh"); }));
  CHECK(world.waiting_for_alice() == 3);
  SECTION("those whose time is over") {
    world.clock.advance(10'000'000);
    REQUIRE(world.until([&] { return world.waiting_for_alice() == 1; }));
    CHECK(world.alices_mails().most_removed() >= 2);  // by one call
  }
  SECTION("none when the setting is 0 by then") {
    world.alice.set_config("delete_server_after", "0");
    world.clock.advance(10'000'000);
    world.bob.send(world.bobs, "later");
    REQUIRE(world.until([&] { return world.alice.has_text("later"); }));
    CHECK(world.waiting_for_alice() == 4);
    CHECK(world.alices_mails().most_removed() == 0);
  }
  CHECK(world.alice.texts(world.alices).front() == "one");
}

TEST_CASE("many queued mails are sent in order, and deleted ones are not") {
  Faults world;
  world.bobs_mails().set(answers(SubmitOutcome::unreachable, "away"));
  std::vector<std::string> texts;
  std::vector<MsgId> ids;
  for (int i = 0; i < 100; ++i) {
    texts.push_back("number " + std::to_string(i));
    ids.push_back(world.bob.send(world.bobs, texts.back()));
    world.clock.advance(1000);
  }
  REQUIRE(world.until([&] { return world.bobs_mails().tries() >= 1; }));
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().remove(Peer::kAccount, {ids[50]}, std::move(done));
  }));
  texts.erase(texts.begin() + 50);
  world.bobs_mails().set({});
  REQUIRE(world.until([&] { return world.alice.has_text("number 99"); }));
  CHECK(world.alice.texts(world.alices) == texts);
  REQUIRE(world.until([&] { return world.outbox(world.bob) == 0; }));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i != 50) CHECK(world.bob.state(ids[i]) == MsgState::out_delivered);
  }
}
