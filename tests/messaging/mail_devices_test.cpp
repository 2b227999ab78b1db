// Mails of ours that another device sent, as it were: made here with the account's key.
#include "messaging/mail/form/base64.h"
#include "tests/messaging/mail_devices_world.h"
#include "tests/messaging/three.h"

using namespace test;

TEST_CASE("news for our devices count when our own key signed them, and from nobody else") {
  Devices world;
  const std::string renamed = R"({"Config":{"key":"Displayname","val":"Mallory"}})";
  world.news_to_alice(world.bob, renamed);
  CHECK(world.config(world.alice, "displayname") == "alice");
  CHECK(world.config(world.alice, "bcc_self") == "0");
  world.news_to_alice(world.alice, R"({"Later":{"x":1}})");
  CHECK(world.config(world.alice, "displayname") == "alice");
  CHECK(world.config(world.alice, "bcc_self") == "1");  // there is another device
  world.news_to_alice(world.alice, renamed);
  CHECK(world.config(world.alice, "displayname") == "Mallory");
}

TEST_CASE("what is written where nobody else is goes to our other devices") {
  Devices world;
  const ChatId chat =
      GENERATE(true, false) ? Three::create(world.alice, "Alone") : *answer<ChatId>([&](auto done) {
        world.alice.engine().groups().create_channel(Peer::kAccount, "Unread", std::move(done));
      });
  const auto mails = [&] { return world.servers.sent().size(); };
  const std::size_t before = mails();
  const MsgId first = world.alice.send(chat, "to nobody");
  CHECK(world.alice.state(first) == MsgState::out_delivered);
  REQUIRE(Three::rename(world.alice, chat, "Renamed"));
  CHECK(world.outbox(world.alice) == 0);
  CHECK(mails() == before);
  world.alice.set_config("bcc_self", "1");
  const MsgId second = world.alice.send(chat, "to my phone");
  CHECK(world.alice.state(second) == MsgState::out_pending);
  REQUIRE(world.until([&] { return world.alice.state(second) == MsgState::out_delivered; }));
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  CHECK(mails() == before + 1);
  REQUIRE(Three::rename(world.alice, chat, "Renamed again"));
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().messages().edit(Peer::kAccount, second, "changed", std::move(done));
  }));
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  CHECK(mails() == before + 3);
  for (std::size_t i = before; i < mails(); ++i) {
    CHECK(world.servers.sent()[i].recipients ==
          std::vector<std::string>{MailWorld::addr(world.alice)});
  }
  CHECK(world.servers.broken_rules().empty());
}

TEST_CASE("a setting of another device is taken, and so is its picture") {
  Devices world;
  world.news_to_alice(world.alice, R"({"Config":{"key":"Selfstatus","val":"on shift"}})");
  CHECK(times(world.alice, ConfigSynced{"selfstatus"}) == 1);
  const std::string bytes = picture("of the phone");
  const auto news = [](const std::string& value) {
    return R"({"Config":{"key":"Selfavatar","val":")" + value + "\"}}";
  };
  const std::string encoded = messaging::mail::base64_encode(base::as_bytes(bytes));
  world.news_to_alice(world.bob, news(encoded));  // he says nothing of hers
  CHECK(world.config(world.alice, "selfavatar").empty());
  world.clock.advance(2000);
  world.news_to_alice(world.alice, news(encoded));
  CHECK_FALSE(world.config(world.alice, "selfavatar").empty());
  CHECK(times(world.alice, ConfigSynced{"selfavatar"}) == 1);
  CHECK(world.alice.events_of<SelfavatarChanged>().size() == 1);
  // It is hers now, and goes to others.
  world.alice.send(world.alices, "with my picture");
  REQUIRE(world.until([&] { return world.bob.has_text("with my picture"); }));
  const Message came = world.bob.message(*world.bob.find_text("with my picture"));
  CHECK_FALSE(world.bob.engine().contacts().get(Peer::kAccount, came.from)->image.empty());
  world.news_to_alice(world.alice, news(messaging::mail::base64_encode(base::as_bytes("none"))));
  CHECK_FALSE(world.config(world.alice, "selfavatar").empty());
  world.clock.advance(2000);
  world.news_to_alice(world.alice, news(""));
  CHECK(world.config(world.alice, "selfavatar").empty());
  CHECK(times(world.alice, ConfigSynced{"selfavatar"}) == 2);
}

TEST_CASE("a setting that is changed here is synced as one that devices share") {
  Devices world;
  world.alice.forget_events();
  world.alice.set_config("selfstatus", "here");
  world.alice.set_config("ui.theme", "dark");
  CHECK(times(world.alice, ConfigSynced{"selfstatus"}) == 1);
  CHECK(world.alice.events_of<ConfigSynced>().size() == 1);
}

TEST_CASE("a call that another device placed is here, and goes on") {
  Devices world;
  messaging::mail::ChatMail offer;
  offer.body = messaging::mail::MailCall{
      .step = messaging::mail::MailCall::Step::offer, .info = "an offer", .video = true};
  const std::string id = world.say_to_bob(std::move(offer));
  REQUIRE(world.calls().size() == 1);
  const Message call = world.calls().front();
  CHECK(call.from == kSelf);
  CHECK(call.text == "Outgoing video call");
  CHECK(call.state == MsgState::out_delivered);
  CHECK(world.state(call.id) == CallState::rings);
  CHECK(world.alice.events_of<IncomingCall>().empty());
  SECTION("and is given up there") {
    messaging::mail::ChatMail end;
    end.in_reply_to = id;
    end.body = messaging::mail::MailCall{.step = messaging::mail::MailCall::Step::ended};
    world.say_to_bob(std::move(end));
    CHECK(world.state(call.id) == CallState::canceled);
    CHECK(times(world.alice, CallEnded{world.alices, call.id}) == 1);
  }
  SECTION("nobody accepts a call of its own") {
    messaging::mail::ChatMail accept;
    accept.in_reply_to = id;
    accept.body =
        messaging::mail::MailCall{.step = messaging::mail::MailCall::Step::accepted, .info = "no"};
    world.say_to_bob(std::move(accept));
    CHECK(world.state(call.id) == CallState::rings);
  }
  SECTION("and rings out") {
    world.clock.advance(130'000);
    // As at the device that placed it.
    CHECK(world.until([&] { return world.alice.message(call.id).text == "Canceled call"; }));
    CHECK(world.state(call.id) == CallState::declined);
  }
}

TEST_CASE("a call that another device answers stops to ring here") {
  Devices world;
  REQUIRE(answer<MsgId>([&](auto done) {
    world.bob.engine().calls().place(Peer::kAccount, world.bobs, "ring", false, std::move(done));
  }));
  REQUIRE(world.until([&] { return world.alice.events_of<IncomingCall>().size() == 1; }));
  const MsgId call = world.alice.events_of<IncomingCall>()[0].msg_id;
  const auto text = world.servers.sent().back().text;
  const std::string mail(text.begin(), text.end());
  const std::size_t at = mail.find("Message-ID: <") + 13;
  const std::string id = mail.substr(at, mail.find('>', at) - at);
  const auto say = [&](messaging::mail::MailCall::Step step) {
    messaging::mail::ChatMail said;
    said.in_reply_to = id;
    said.body = messaging::mail::MailCall{.step = step};
    world.say_to_bob(std::move(said));
  };
  SECTION("as it was accepted") {
    say(messaging::mail::MailCall::Step::accepted);
    CHECK(world.state(call) == CallState::active);
    CHECK(times(world.alice, IncomingCallAccepted{world.alices, call, false}) == 1);
    CHECK(world.alice.state(call) == MsgState::in_seen);
    say(messaging::mail::MailCall::Step::ended);
    CHECK(world.state(call) == CallState::completed);
  }
  SECTION("as it was declined") {
    say(messaging::mail::MailCall::Step::ended);
    CHECK(world.state(call) == CallState::declined);
    CHECK(world.alice.message(call).text == "Declined call");
  }
  CHECK(times(world.alice, CallEnded{world.alices, call}) == 1);
}

TEST_CASE("where another device is shown as where we were, and is not sent from here again") {
  Devices world;
  messaging::mail::ChatMail begin;
  begin.body =
      messaging::mail::MailLocations{.begins = true, .text = "Location streaming enabled."};
  world.say_to_bob(std::move(begin));
  const auto lines = Three::lines(world.alice, world.alices, SystemMessage::location_streaming);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].from == kSelf);
  const auto stream = [&](std::int64_t seconds) {
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().locations().stream(Peer::kAccount, world.alices, seconds,
                                              std::move(done));
    }));
  };
  stream(600);
  messaging::mail::ChatMail path;
  path.places.push_back({world.clock.now() - 1000, {52.5, 13.25, 3}, std::nullopt});
  path.body = messaging::mail::MailLocations();
  world.say_to_bob(std::move(path));
  REQUIRE(world.own_places().size() == 1);
  CHECK(world.own_places()[0].place.latitude == 52.5);
  CHECK(times(world.alice, LocationChanged{kSelf}) == 1);
  messaging::mail::ChatMail text;
  text.place = Place{50, 8, 2};
  text.body = messaging::mail::MailText{.text = "the leak"};
  world.say_to_bob(std::move(text));
  REQUIRE(world.alice.has_text("the leak"));
  CHECK(world.alice.message(*world.alice.find_text("the leak")).has_location);
  CHECK(world.own_places().size() == 2);
  const std::size_t sent = world.servers.sent().size();
  stream(0);  // what is left would go now
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  CHECK(world.servers.sent().size() == sent);
}

TEST_CASE("a channel of another device is here with its secret") {
  Devices world;
  const std::string made =
      R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"CreateOutBroadcast":{"chat_name":"News","secret":"AzTM2IyKTZ5XeRUqOj75YMSXAzTM2IyKTZ5XeRUqOj7"}}}})";
  world.news_to_alice(world.bob, made);
  CHECK(Three::groups_at(world.alice).empty());
  for (int i = 0; i < 2; ++i) world.news_to_alice(world.alice, made);
  const auto channels = Three::groups_at(world.alice);
  REQUIRE(channels.size() == 1);
  const Chat channel = Three::chat(world.alice, channels[0]);
  CHECK(channel.name == "News");
  CHECK(channel.type == ChatType::out_broadcast);
  CHECK(channel.can_send);
  // A link of the other device's for it is answered here.
  world.news_to_alice(world.alice,
                      R"({"AddQrToken":{"invitenumber":"K_PLTzJOZiD664IvOCJApSYN",)"
                      R"("auth":"AzTM2IyKTZ5XeRUqOj75YMSX","grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"}})");
  world.alice.send(channels[0], "to nobody yet");
  const auto link = answer<std::string>([&](auto done) {
    world.alice.engine().securejoin().invite(Peer::kAccount, channels[0], std::move(done));
  });
  REQUIRE(link);
  CHECK(link->find("s=AzTM2IyKTZ5XeRUqOj75YMSX") != std::string::npos);
  const auto bobs = answer<ChatId>([&](auto done) {
    world.bob.engine().securejoin().join(Peer::kAccount, *link, std::move(done));
  });
  REQUIRE(bobs);
  REQUIRE(world.until([&] { return world.bob.has_text("to nobody yet"); }));
}

TEST_CASE("news that name what is not here change nothing") {
  Devices world;
  world.bob.send(world.bobs, "stays");
  REQUIRE(world.until([&] { return world.alice.has_text("stays"); }));
  for (
      const std::string data :
      {R"({"AlterChat":{"id":{"ContactFingerprint":"2B53F0121712E342CAAE53FDE9C94778A0398E39"},"action":"Delete"}})",
       R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"SetVisibility":"Pinned"}}})",
       R"({"AddQrToken":{"invitenumber":"a","auth":"short","grpid":null}})",
       R"({"AddQrToken":{"invitenumber":"a","auth":"AzTM2IyKTZ5XeRUqOj75YMSX","grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"}})",
       R"({"SaveMessage":{"src":"a@b","dest":"c@d"}})", R"({"DeleteMessages":{"msgs":["a@b"]}})"}) {
    world.news_to_alice(world.alice, data);
  }
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"stays"});
}

TEST_CASE("a note that another device wrote is in Saved messages") {
  Devices world;
  messaging::mail::ChatMail note;
  note.to.push_back({messaging::mail::MailAddress{MailWorld::addr(world.alice)}});
  note.body = messaging::mail::MailText{.text = "a note"};
  world.mail_to_alice(world.alice, std::move(note));
  REQUIRE(world.alice.has_text("a note"));
  const Message copy = world.alice.message(*world.alice.find_text("a note"));
  CHECK(copy.from == kSelf);
  CHECK(copy.state == MsgState::out_delivered);
}

TEST_CASE("a timer that another device set in the second of ours counts") {
  Devices world;
  world.clock.advance(1900 - world.clock.now() % 1000);
  const auto set = answer<void>([&](auto done) {
    world.alice.engine().chats().set_timer(Peer::kAccount, world.alices, 3600, std::move(done));
  });
  REQUIRE(set);
  messaging::mail::ChatMail mail;
  mail.timer = 60;
  mail.body = messaging::mail::MailTimerChange{"one minute"};
  world.say_to_bob(std::move(mail));
  CHECK(world.alice.engine().chats().timer(Peer::kAccount, world.alices) == 60U);
}

TEST_CASE("copies of what this device sent itself change nothing") {
  Devices world;
  world.alice.set_config("bcc_self", "1");
  world.servers.hold(MailWorld::addr(world.alice), true);
  const MsgId sent = world.alice.send(world.alices, "first");
  for (const char* text : {"second", "third"}) {
    const auto edited = answer<void>([&](auto d) {
      world.alice.engine().messages().edit(Peer::kAccount, sent, text, std::move(d));
    });
    REQUIRE(edited);
  }
  REQUIRE(world.until([&] { return world.outbox(world.alice) == 0; }));
  CHECK(world.servers.count(MailWorld::addr(world.alice)) == 3);
  world.servers.hold(MailWorld::addr(world.alice), false);
  REQUIRE(world.until([&] { return world.servers.count(MailWorld::addr(world.alice)) == 0; }));
  CHECK(world.alice.texts(world.alices) == std::vector<std::string>{"third"});
  REQUIRE(world.until([&] { return world.bob.has_text("third"); }));
}

TEST_CASE("a mail with somebody else's Message-ID keeps none away, and counts once itself") {
  Devices world;
  messaging::mail::ChatMail mine;
  mine.message_id = "0a1b2c3d-0000-4000-8000-000000000001@localhost";
  messaging::mail::ChatMail hers = mine;
  mine.to.push_back({messaging::mail::MailAddress{MailWorld::addr(world.alice)}});
  mine.body = messaging::mail::MailText{.text = "of bob"};
  for (int i = 0; i < 2; ++i) world.mail_to_alice(world.bob, mine);
  hers.body = messaging::mail::MailText{.text = "of the other device"};
  world.say_to_bob(hers);
  CHECK(world.alice.texts(world.alices) ==
        std::vector<std::string>{"of bob", "of the other device"});
}

TEST_CASE("a mail that somebody sends again under another Message-ID changes nothing") {
  Devices world;
  Peer& author = GENERATE(true, false) ? world.alice : world.bob;
  const ChatId chat = &author == &world.alice ? world.alices : world.bobs;
  const auto set = [&](std::uint32_t seconds) {
    world.clock.advance(2000);
    REQUIRE(answer<void>([&](auto done) {
      author.engine().chats().set_timer(Peer::kAccount, chat, seconds, std::move(done));
    }));
    REQUIRE(world.until([&] { return world.outbox(author) == 0; }));
  };
  const auto at_alice = [&] {
    return *world.alice.engine().chats().timer(Peer::kAccount, world.alices);
  };
  // Bob's texts carry the timer that he knows.
  const auto at_both = [&](std::uint32_t seconds) {
    return at_alice() == seconds &&
           world.bob.engine().chats().timer(Peer::kAccount, world.bobs) == seconds;
  };
  set(3600);
  const auto sent = world.servers.sent().back().text;
  REQUIRE(world.until([&] { return at_both(3600); }));
  set(0);
  REQUIRE(world.until([&] { return at_both(0); }));
  std::string again(sent.begin(), sent.end());
  again.replace(again.find("Message-ID: <") + 13, 8, "00000000");
  world.servers.put(MailWorld::addr(world.alice), base::Bytes(again.begin(), again.end()));
  world.bob.send(world.bobs, "behind it");
  REQUIRE(world.until([&] { return world.alice.has_text("behind it"); }));
  CHECK(at_alice() == 0);
}

TEST_CASE("notes to ourselves and news go to our own mailbox while there are other devices") {
  Devices world;
  const auto mails = [&] { return world.servers.sent().size(); };
  const ChatId notes = world.alice.saved_messages();
  const std::size_t before = mails();
  world.alice.send(notes, "alone");
  world.alice.set_config("selfstatus", "alone");
  CHECK(world.outbox(world.alice) == 0);
  CHECK(mails() == before);
  world.alice.set_config("bcc_self", "1");
  world.alice.send(notes, "to my phone");
  world.alice.set_config("selfstatus", "with a phone");
  REQUIRE(world.until([&] { return mails() == before + 2; }));
  for (const auto& mail : {world.servers.sent()[before], world.servers.sent()[before + 1]}) {
    CHECK(mail.recipients == std::vector<std::string>{MailWorld::addr(world.alice)});
  }
  world.alice.set_config("sync_msgs", "0");
  world.alice.set_config("selfstatus", "not to be synced");
  CHECK(world.outbox(world.alice) == 0);
  CHECK(world.servers.broken_rules().empty());
}
