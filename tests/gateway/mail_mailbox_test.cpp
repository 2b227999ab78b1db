// An account's line to its INBOX, against a server that does what servers do.
#include "tests/gateway/mail_world.h"

namespace {

using namespace mail_test;  // NOLINT: the words of these tests
using ::test::eventually;

const WatchOptions kRemoves{.after = messaging::mail::MailAfter::remove};

}  // namespace

TEST_CASE("mails that wait and mails that come are taken in order and removed") {
  ImapServer server;
  Lines lines;
  for (int i = 0; i < 3; ++i) server.put("ann", make_mail("m" + std::to_string(i)));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, kRemoves);
  REQUIRE(eventually([&] { return server.count("ann") == 0; }));
  REQUIRE(lines.connected(line()));
  server.put("ann", make_mail("m3"));
  REQUIRE(eventually(
      [&] { return server.count("ann") == 0 && lines.receiver.taken(line()).size() == 4; }));
  CHECK(lines.receiver.order() == std::vector<std::string>{"m0", "m1", "m2", "m3"});
  CHECK(eventually([&] { return lines.receiver.cursor(line()) == MailCursor{77, 5}; }));
  CHECK(server.connections() == 1);
  const LineStatus status = lines.status(line());
  CHECK(status.quota_limit == 100 * 1024);
  CHECK(status.imap_words.empty());
  CHECK(eventually([&] { return lines.status(line()).mails_in == 4; }));
}

TEST_CASE("a mailbox that other devices read is left as it is") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("a"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {},
               {.after = messaging::mail::MailAfter::leave});
  REQUIRE(eventually([&] { return lines.receiver.taken(line()).size() == 1; }));
  CHECK(eventually([&] { return lines.receiver.cursor(line()) == MailCursor{77, 2}; }));
  REQUIRE(lines.connected(line()));
  CHECK_FALSE(server.with("ann", [](ImapBox& box) { return box.mails[0].seen; }));
  CHECK(server.count("ann") == 1);
}

TEST_CASE("a mailbox that is not to be emptied gets its mails marked as seen") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("a"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually(
      [&] { return server.with("ann", [](ImapBox& box) { return box.mails[0].seen; }); }));
  REQUIRE(lines.connected(line()));
  CHECK(server.count("ann") == 1);
  CHECK_FALSE(server.was_said("ann", "Deleted"));
  CHECK_FALSE(server.was_said("ann", "EXPUNGE"));
}

TEST_CASE(
    "a connection that ends at any byte loses no mail, and none is settled before it was taken") {
  std::atomic<int> too_soon{0};
  Lines lines;
  ImapKnobs knobs;
  knobs.on_settled = [&](const std::string& user, const std::string& text) {
    const auto account = static_cast<std::uint32_t>(std::stoul(user.substr(1)));
    if (!lines.receiver.has(line(account), id_in(text))) ++too_soon;
  };
  ImapServer server(knobs);
  const auto fill = [&](const std::string& user) {
    for (int i = 0; i < 2; ++i) server.put(user, make_mail(user + "-" + std::to_string(i), 20));
  };
  // How much a whole dialogue is.
  fill("u1");
  lines->watch(line(1), login_at(server.port(), 1, "u1"), {}, kRemoves);
  REQUIRE(lines.connected(line(1)));
  REQUIRE(eventually([&] { return server.with("u1", [](ImapBox& box) { return box.sent > 0; }); }));
  const std::size_t whole = server.with("u1", [](ImapBox& box) { return box.sent; });
  REQUIRE(whole > 500);
  lines->unwatch(line(1));
  constexpr std::uint32_t kAtOnce = 64;
  for (std::uint32_t from = 0; from < whole + 12; from += kAtOnce) {
    for (std::uint32_t cut = from; cut < from + kAtOnce; ++cut) {
      const std::string user = "u" + std::to_string(cut + 2);
      fill(user);
      server.with(user, [&](ImapBox& box) { box.cut = cut; });
      lines->watch(line(cut + 2), login_at(server.port(), 1, user), {}, kRemoves);
    }
    for (std::uint32_t cut = from; cut < from + kAtOnce; ++cut) {
      const std::string user = "u" + std::to_string(cut + 2);
      CAPTURE(cut);
      REQUIRE(eventually([&] {
        return server.count(user) == 0 && lines.receiver.taken(line(cut + 2)).size() == 2;
      }));
      lines->unwatch(line(cut + 2));
    }
  }
  CHECK(too_soon == 0);
}

TEST_CASE("a server that sends a byte at a time is understood") {
  ImapKnobs knobs;
  knobs.slow = true;
  ImapServer server(knobs);
  Lines lines;
  server.put("ann", make_mail("a", 300));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, kRemoves);
  REQUIRE(eventually([&] { return server.count("ann") == 0; }));
  CHECK(lines.receiver.has(line(), "a"));
}

TEST_CASE("many mails are offered in bounded parts and taken once") {
  ImapServer server;
  Lines lines;
  for (int i = 0; i < 1'000; ++i) server.put("ann", make_mail("m" + std::to_string(i)));
  // Numbers with a wide gap before the last one.
  server.with("ann", [](ImapBox& box) { box.uid_next = 60'000; });
  server.put("ann", make_mail("last"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, kRemoves);
  REQUIRE(eventually([&] { return server.count("ann") == 0; }));
  CHECK(lines.receiver.taken(line()).size() == 1'001);
  CHECK(lines.receiver.twice() == 0);
  CHECK(lines.receiver.most_heads() <= messaging::mail::kMostHeads);
  CHECK(eventually([&] { return lines.receiver.cursor(line()) == MailCursor{77, 60'001}; }));
}

TEST_CASE("a cursor that was stored spares the mails before it") {
  ImapServer server;
  Lines lines;
  for (int i = 0; i < 3; ++i) server.put("ann", make_mail("m" + std::to_string(i)));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {77, 3}, {});
  REQUIRE(eventually([&] { return lines.receiver.has(line(), "m2"); }));
  CHECK(lines.receiver.taken(line()).size() == 1);
}

TEST_CASE("a mailbox that is numbered anew is looked at from its beginning") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("a"));
  server.put("ann", make_mail("b"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {5, 900}, {});
  REQUIRE(eventually([&] { return lines.receiver.taken(line()).size() == 2; }));
  CHECK(eventually([&] { return lines.receiver.cursor(line()) == MailCursor{77, 3}; }));
}

TEST_CASE("a mail that could not be stored stays on the server and is offered again") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("a"));
  server.put("ann", make_mail("b"));
  lines.receiver.refuse(3);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, kRemoves);
  REQUIRE(eventually([&] { return server.count("ann") == 0; }));
  CHECK(lines.receiver.taken(line()).size() == 2);
}

TEST_CASE("a mail that can never be stored keeps none behind it waiting") {
  ImapServer server;
  Lines lines;
  for (int i = 0; i < 250; ++i) server.put("ann", make_mail("m" + std::to_string(i)));
  for (const char* id : {"m3", "m120"}) lines.receiver.refuse_always(id);
  const bool removes = GENERATE(true, false);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, removes ? kRemoves : WatchOptions());
  REQUIRE(eventually([&] { return lines.receiver.taken(line()).size() == 248; }));
  REQUIRE(eventually([&] { return lines.receiver.cursor(line()) == MailCursor{77, 4}; }));
  // What comes later as well.
  server.put("ann", make_mail("later"));
  REQUIRE(eventually([&] { return lines.receiver.has(line(), "later"); }));
  CHECK(lines.receiver.cursor(line()) == MailCursor{77, 4});
  CHECK(lines.receiver.twice() == 0);
  CHECK(server.with("ann", [](ImapBox& box) {
    return std::ranges::none_of(box.removed,
                                [](const std::string& text) { return id_in(text) == "m3"; });
  }));
}

TEST_CASE("what a server says unasked, or beyond what it announced, is bounded") {
  ImapKnobs knobs;
  knobs.size_said = 10;
  knobs.unasked = "* SEARCH 1 2 3 4000000000\r\n* 1 FETCH (UID 77 BODY[] {2}\r\nxx)";
  ImapServer server(knobs);
  Lines lines;
  server.put("ann", make_mail("large", 300'000));
  server.put("ann", make_mail("huge", 2'000'000));
  for (int i = 0; i < 60; ++i) server.put("ann", make_mail("m" + std::to_string(i)));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {},
               {.after = messaging::mail::MailAfter::remove, .largest_mail = 1'000'000});
  REQUIRE(eventually([&] { return lines.receiver.taken(line()).size() == 61; }));
  CHECK(lines.receiver.bytes("large") > 300'000);  // asked for again, alone
  REQUIRE(eventually([&] { return lines.receiver.missed_mails().contains("huge"); }));
  CHECK_FALSE(lines.receiver.has(line(), "huge"));
  CHECK(lines.receiver.twice() == 0);
}

TEST_CASE("a mail over the limit is not downloaded, and one that is not ours is left alone") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("large", 30'000));
  server.put("ann", make_mail("letter"));
  server.put("ann", make_mail("known"));
  server.put("ann", make_mail("ours"));
  lines.receiver.set_wish("letter", MailWish::leave);
  lines.receiver.set_wish("known", MailWish::discard);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {},
               {.after = messaging::mail::MailAfter::remove, .largest_mail = 20'000});
  REQUIRE(eventually(
      [&] { return server.count("ann") == 2 && lines.receiver.cursor(line()).next_uid == 5; }));
  CHECK(lines.receiver.taken(line()) == std::set<std::string>{"ours"});
  const auto missed = lines.receiver.missed_mails();
  REQUIRE(missed.contains("large"));
  CHECK(missed.at("large").find("20000") != std::string::npos);
  CHECK(server.with("ann", [](ImapBox& box) { return !box.mails[1].seen; }));
}

TEST_CASE(
    "a mail that was left for later is fetched when it is wanted, and mails are removed by their "
    "places") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("post", 5'000));
  server.put("ann", make_mail("pre"));
  lines.receiver.set_wish("post", MailWish::later);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] { return lines.receiver.cursor(line()).next_uid == 3; }));
  REQUIRE(lines.connected(line()));
  const auto fetched = answer_of<bool>([&](auto done) {
    lines->fetch(line(), {77, 1}, std::move(done));
  });
  REQUIRE(fetched);
  CHECK(*fetched);
  CHECK(lines.receiver.bytes("post") > 5'000);
  const auto gone = answer_of<bool>([&](auto done) {
    lines->fetch(line(), {77, 9}, std::move(done));
  });
  CHECK((gone && !*gone));
  const auto old = answer_of<bool>([&](auto done) {
    lines->fetch(line(), {76, 1}, std::move(done));
  });
  CHECK((old && !*old));
  REQUIRE(answer_of<void>([&](auto done) {
    lines->remove(line(), {{77, 2}, {77, 1}, {77, 500}, {3, 3}}, std::move(done));
  }));
  CHECK(server.count("ann") == 0);
  const auto none = answer_of<bool>([&](auto done) {
    lines->fetch(line(9), {77, 1}, std::move(done));
  });
  CHECK_FALSE(none);
}

TEST_CASE("a server without IDLE and UIDPLUS is polled") {
  ImapKnobs knobs;
  knobs.capabilities = "IMAP4rev1";
  knobs.uid_next_said = false;
  ImapServer server(knobs);
  Lines lines;
  server.put("ann", make_mail("a"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, kRemoves);
  REQUIRE(lines.connected(line()));
  server.put("ann", make_mail("b"));
  REQUIRE(eventually([&] { return lines.receiver.has(line(), "b") && server.count("ann") == 0; }));
  CHECK(server.was_said("ann", "NOOP"));
  CHECK_FALSE(server.was_said("ann", "IDLE"));
  CHECK_FALSE(server.was_said("ann", "UID EXPUNGE"));
}

TEST_CASE("IDLE is renewed") {
  ImapServer server;
  MailLinesOptions options = quick_options();
  options.times.idle_for = 20;
  Lines lines(options);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] {
    return server.with("ann",
                       [](ImapBox& box) { return std::ranges::count(box.commands, "IDLE") > 3; });
  }));
  server.put("ann", make_mail("a"));
  REQUIRE(eventually([&] { return lines.receiver.has(line(), "a"); }));
  CHECK(server.connections() == 1);
}

TEST_CASE("a refused password is said, and the server is left alone until there is another") {
  ImapServer server;
  Lines lines;
  server.put("ann", make_mail("a"));
  lines->watch(line(), login_at(server.port(), 1, "ann", "wrong"), {}, {});
  REQUIRE(eventually([&] { return lines.status(line()).unauthorized; }));
  const LineStatus status = lines.status(line());
  CHECK(status.imap == LineState::not_connected);
  CHECK(status.imap_words.find("127.0.0.1:" + std::to_string(server.port()) + ": login: ") == 0);
  CHECK(status.imap_words.find("AUTHENTICATIONFAILED") != std::string::npos);
  CHECK(status.imap_words.find("wrong") == std::string::npos);
  CHECK(status.next_try != 0);
  CHECK(server.connections() == 2);
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] { return lines.receiver.has(line(), "a"); }));
  CHECK_FALSE(lines.status(line()).unauthorized);
}

TEST_CASE("what a server refuses is said in its words") {
  ImapKnobs knobs;
  knobs.select_refusal = "NO [UNAVAILABLE] Mailbox is being moved";
  ImapServer server(knobs);
  Lines lines;
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] {
    return lines.status(line()).imap_words.find("Mailbox is being moved") != std::string::npos;
  }));
  lines->watch(line(2), login_at(1, 1, "ann"), {}, {});
  REQUIRE(eventually(
      [&] { return lines.status(line(2)).imap_words.find("127.0.0.1:1: connecting") == 0; }));
}

TEST_CASE("a mail that the server does not give costs itself alone") {
  ImapKnobs knobs;
  knobs.fetch_refusal = "NO [SERVERBUG] Internal error";
  ImapServer server(knobs);
  Lines lines;
  server.put("ann", make_mail("a"));
  server.put("ann", make_mail("b"));
  lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] { return lines.receiver.missed_mails().size() == 2; }));
  CHECK(lines.receiver.missed_mails().at("b").find("SERVERBUG") != std::string::npos);
  CHECK(lines.connected(line()));
}

TEST_CASE("hostile servers end their connection and nothing else") {
  const std::vector<std::string> kBad = {"* 1 FETCH (BODY[] {99999999999}\r\n",
                                         "* " + std::string(2'000'000, 'x'), "E2 BAD no\r\n",
                                         std::string(1, '\0') + "\r\n\r\n\xff\r\n"};
  for (const std::string& bad : kBad) {
    std::atomic<int> sessions{0};
    Listener server([&](Line& at) {
      ++sessions;
      at.send("* OK hi\r\n");
      std::string command;
      while (at.read(command)) {
        const std::string tag = command.substr(0, command.find(' '));
        if (tag == "E2") {
          at.send(bad);
          return;
        }
        if (!at.send((command.ends_with("CAPABILITY") ? "* CAPABILITY IMAP4rev1\r\n" : "") + tag +
                     " OK\r\n"))
          return;
      }
    });
    Lines lines;
    lines->watch(line(), login_at(server.port(), 1, "ann"), {}, {});
    CHECK(eventually([&] { return sessions > 2; }));
    CHECK(lines.status(line()).imap_words.size() < 600);
  }
}

TEST_CASE("a line may end in the moment in which all are closed") {
  auto server = std::make_unique<ImapServer>();
  Lines lines;
  lines->watch(line(), login_at(server->port(), 1, "ann"), {}, {});
  REQUIRE(lines.connected(line()));
  lines.while_paused([&] {
    server.reset();
    lines.close();
  });
}

TEST_CASE("a silent server is given up") {
  Listener silent([](Line& at) {
    std::string command;
    while (at.read(command)) {
    }
  });
  MailLinesOptions options = quick_options();
  options.line.connect_timeout = 100;
  Lines lines(options);
  lines->watch(line(), login_at(silent.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] { return silent.connections() > 1; }));
}

TEST_CASE("a hundred lines wait on one thread, beside a server that is silent") {
  Listener silent([](Line& at) {
    std::string command;
    while (at.read(command)) {
    }
  });
  Lines lines;
  lines->watch(line(500), login_at(silent.port(), 1, "ann"), {}, {});
  REQUIRE(eventually([&] { return silent.connections() == 1; }));
  ImapServer server;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    lines->watch(line(i), login_at(server.port(), 1, "u" + std::to_string(i)), {}, kRemoves);
  }
  for (std::uint32_t i = 1; i <= 100; ++i) {
    REQUIRE(lines.connected(line(i)));
    server.put("u" + std::to_string(i), make_mail("m"));
  }
  for (std::uint32_t i = 1; i <= 100; ++i) {
    REQUIRE(eventually([&] { return server.count("u" + std::to_string(i)) == 0; }));
  }
  CHECK(server.connections() == 100);  // no line ended for another one's sake
  lines->forget(base::AccountId(7));
  CHECK(eventually([&] { return lines->lines(base::AccountId(7)).empty(); }));
}
