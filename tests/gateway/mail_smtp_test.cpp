// Mails on their way out, against a server that answers what a test wants.
#include "tests/gateway/mail_world.h"

namespace {

using namespace mail_test;  // NOLINT: the words of these tests
using messaging::mail::Mail;
using messaging::mail::SubmitOutcome;
using messaging::mail::SubmitReply;
using ::test::eventually;

Mail mail_to(std::size_t recipients, std::string text = "Subject: x\r\n\r\n.dot\r\nend\r\n") {
  Mail mail;
  mail.from = "ann@example.org";
  for (std::size_t i = 0; i < recipients; ++i) {
    mail.recipients.push_back("r" + std::to_string(i) + "@example.org");
  }
  mail.text = base::to_bytes(text);
  return mail;
}

SubmitReply submit(Lines& lines, std::uint16_t port, Mail mail,
                   std::string_view password = "secret", const std::string& user = "ann") {
  auto reply = answer_of<SubmitReply>([&](auto done) {
    lines->submit(line(), login_at(1, port, user, password), std::move(mail), std::move(done));
  });
  REQUIRE(reply);
  return *reply;
}

// Answers commands that begin so.
SmtpKnobs answering(std::string beginning, std::string answer) {
  SmtpKnobs knobs;
  knobs.answer = [=](const std::string& command) {
    return command.starts_with(beginning) ? answer : std::string();
  };
  return knobs;
}

}  // namespace

TEST_CASE("a mail reaches the server as it is, and the next one by the same connection") {
  SmtpServer server;
  Lines lines;
  const SubmitReply reply = submit(lines, server.port(), mail_to(2));
  CHECK(reply.outcome == SubmitOutcome::accepted);
  CHECK(reply.words.empty());
  CHECK(submit(lines, server.port(), mail_to(1)).outcome == SubmitOutcome::accepted);
  const auto mails = server.mails();
  REQUIRE(mails.size() == 2);
  CHECK(mails[0].from == "ann@example.org");
  CHECK(mails[0].to == std::vector<std::string>{"r0@example.org", "r1@example.org"});
  CHECK(mails[0].text == "Subject: x\r\n\r\n.dot\r\nend\r\n");
  CHECK(server.connections() == 1);
  CHECK(eventually([&] { return lines.status(line()).mails_out == 2; }));
  CHECK(lines.status(line()).smtp == LineState::connected);
}

TEST_CASE("recipients go in chunks of fifty") {
  SmtpServer server;
  Lines lines;
  CHECK(submit(lines, server.port(), mail_to(120)).outcome == SubmitOutcome::accepted);
  const auto mails = server.mails();
  REQUIRE(mails.size() == 3);
  CHECK(mails[0].to.size() == 50);
  CHECK(mails[2].to.size() == 20);
  CHECK(mails[2].to[0] == "r100@example.org");
}

TEST_CASE("recipients are refused or put off one by one, with the server's words") {
  SmtpKnobs knobs;
  knobs.answer = [](const std::string& command) -> std::string {
    if (command.find("r1@") != std::string::npos) return "550 5.1.1 no such user";
    if (command.find("r2@") != std::string::npos) return "452 4.2.2 mailbox full";
    return "";
  };
  SmtpServer server(knobs);
  Lines lines;
  const SubmitReply reply = submit(lines, server.port(), mail_to(4));
  CHECK(reply.outcome == SubmitOutcome::accepted);
  REQUIRE(reply.refused.size() == 1);
  CHECK(reply.refused[0].addr == "r1@example.org");
  CHECK(reply.refused[0].words ==
        "127.0.0.1:" + std::to_string(server.port()) +
            ", recipient: the server answered \"550 5.1.1 no such user\"");
  REQUIRE(reply.deferred.size() == 1);
  CHECK(reply.deferred[0].addr == "r2@example.org");
  CHECK(reply.deferred[0].words.find("452 4.2.2 mailbox full") != std::string::npos);
  CHECK(reply.left.empty());
  REQUIRE(server.mails().size() == 1);
  CHECK(server.mails()[0].to.size() == 2);
}

TEST_CASE("a mail that all recipients refuse is refused") {
  SmtpServer server(answering("RCPT", "550 5.7.1 spam"));
  Lines lines;
  const SubmitReply reply = submit(lines, server.port(), mail_to(2));
  CHECK(reply.outcome == SubmitOutcome::refused);
  CHECK(reply.refused.size() == 2);
  CHECK(reply.left.empty());
  CHECK(reply.words.find("550 5.7.1 spam") != std::string::npos);
}

TEST_CASE("4xx is for later and 5xx for good, at each step") {
  struct Case {
    std::string step;
    std::string answer;
    SubmitOutcome outcome;
  };
  for (const Case& one : std::vector<Case>{
           {"MAIL", "451 4.3.0 not now", SubmitOutcome::later},
           {"MAIL", "550 5.7.0 not you", SubmitOutcome::refused},
           {"RCPT", "450 4.2.0 greylisted", SubmitOutcome::later},
           {"DATA", "451 4.3.0 not now", SubmitOutcome::later},
           {"DATA", "554 5.7.1 no", SubmitOutcome::refused},
           {".", "452 4.3.1 disk full", SubmitOutcome::later},
           {".", "523 5.7.10 Encryption Needed", SubmitOutcome::refused},
           {"AUTH", "454 4.7.0 try again", SubmitOutcome::later},
           {"AUTH", "535 5.7.8 no", SubmitOutcome::unauthorized},
       }) {
    CAPTURE(one.step, one.answer);
    SmtpServer server(answering(one.step, one.answer));
    Lines lines;
    const SubmitReply reply = submit(lines, server.port(), mail_to(1));
    CHECK(reply.outcome == one.outcome);
    CHECK(reply.words.find(one.answer) != std::string::npos);
    const bool to_be_tried = !reply.left.empty() || !reply.deferred.empty();
    CHECK(to_be_tried == (one.outcome != SubmitOutcome::refused));
    CHECK(reply.deferred.empty() == (one.step != "RCPT"));
    CHECK(server.mails().empty());
  }
  SmtpKnobs knobs;
  knobs.greeting = "421 4.7.0 too many connections";
  SmtpServer busy(knobs);
  Lines lines;
  CHECK(submit(lines, busy.port(), mail_to(1)).outcome == SubmitOutcome::later);
  CHECK(submit(lines, 1, mail_to(1)).outcome == SubmitOutcome::unreachable);
  CHECK(lines.status(line()).smtp == LineState::not_connected);
}

TEST_CASE("a server that limits the rate is left alone for the pause") {
  SmtpServer server(answering("MAIL", "450 4.7.1 Error: too much mail from ann"));
  Lines lines;
  const SubmitReply first = submit(lines, server.port(), mail_to(1));
  CHECK(first.outcome == SubmitOutcome::later);
  CHECK(first.pause == 60'000);
  const SubmitReply second = submit(lines, server.port(), mail_to(1));
  CHECK(second.outcome == SubmitOutcome::later);
  CHECK(second.pause > 0);
  CHECK(second.pause <= 60'000);
  CHECK(second.words == first.words);
  CHECK(server.connections() == 1);
}

TEST_CASE(
    "a limit of the rate behind one recipient is the account's, and the others got the mail") {
  SmtpKnobs knobs;
  knobs.answer = [](const std::string& command) -> std::string {
    return command.find("r1@") != std::string::npos ? "450 4.7.1 too much mail from ann" : "";
  };
  SmtpServer server(knobs);
  Lines lines;
  const SubmitReply reply = submit(lines, server.port(), mail_to(3));
  CHECK(reply.outcome == SubmitOutcome::later);
  CHECK(reply.pause == 60'000);
  CHECK(reply.deferred.empty());
  CHECK(reply.left == std::vector<std::string>{"r1@example.org"});
  REQUIRE(server.mails().size() == 1);
  CHECK(server.mails()[0].to.size() == 2);
}

TEST_CASE("a server that answers without end is given up, and other lines go on meanwhile") {
  const std::string step = GENERATE("EHLO", "MAIL");
  const std::string endless = GENERATE("250-more\r\n", "x");
  std::string many;
  while (many.size() < 64 * 1024) many += endless;
  std::atomic<bool> began{false};
  Listener hostile([&](Line& at) {
    at.send("220 hi\r\n");
    std::string command;
    while (at.read(command)) {
      if (command.starts_with(step)) {
        began = true;
        while (!at.closed() && at.send(many)) {
        }
        return;
      }
      const bool greets = command.starts_with("EHLO");
      if (!at.send(greets ? "250-test\r\n250 AUTH PLAIN\r\n" : "235 2.0.0 fine\r\n")) return;
    }
  });
  SmtpServer server;
  MailLinesOptions options = quick_options();
  options.line.connect_timeout = 3'000;
  options.smtp.answer = 3'000;
  Lines lines(options);
  std::atomic<bool> ended{false};
  SubmitReply reply;
  lines->submit(line(2), login_at(1, hostile.port(), "eve"), mail_to(1), [&](auto result) {
    if (result) reply = *result;
    ended = true;
  });
  REQUIRE(eventually([&] { return began.load(); }));
  CHECK(submit(lines, server.port(), mail_to(1)).outcome == SubmitOutcome::accepted);
  REQUIRE(eventually([&] { return ended.load(); }));
  CHECK(reply.outcome != SubmitOutcome::accepted);
  CHECK(reply.words.size() < 600);
}

TEST_CASE("a second chunk that is refused counts its recipients alone") {
  SmtpKnobs knobs;
  auto ends = std::make_shared<std::atomic<int>>(0);
  knobs.answer = [ends](const std::string& command) -> std::string {
    return command == "." && ++*ends == 2 ? "552 5.3.4 too large" : "";
  };
  SmtpServer server(knobs);
  Lines lines;
  const SubmitReply reply = submit(lines, server.port(), mail_to(110));
  CHECK(reply.outcome == SubmitOutcome::accepted);
  CHECK(reply.refused.size() == 50);
  CHECK(server.mails().size() == 2);
}

TEST_CASE(
    "a connection that ends at any byte of the server's answers is never taken for a success") {
  // 220, EHLO's three lines, 235, 250, 250, 354, 250: about 160 bytes.
  Lines lines;
  int accepted = 0;
  for (std::size_t cut = 0; cut < 200; cut += 1) {
    SmtpKnobs knobs;
    knobs.cut = cut;
    SmtpServer server(knobs);
    const SubmitReply reply = submit(lines, server.port(), mail_to(1));
    CAPTURE(cut);
    CHECK(
        (reply.outcome == SubmitOutcome::accepted || reply.outcome == SubmitOutcome::unreachable));
    if (reply.outcome == SubmitOutcome::accepted) {
      ++accepted;
      CHECK(server.mails().size() == 1);
    } else {
      CHECK(reply.left.size() == 1);
    }
  }
  CHECK(accepted > 0);
  CHECK(accepted < 200);
}

TEST_CASE("a login is found and proven at both servers") {
  ImapKnobs knobs;
  knobs.capabilities = "IMAP4rev1 IDLE XCHATMAIL";
  ImapServer imap(knobs);
  SmtpServer smtp;
  Lines lines;
  std::atomic<int> progress{0};
  const auto configure = [&](messaging::mail::LoginRequest request) {
    return answer_of<messaging::mail::Configured>([&](auto done) {
      lines->configure(
          std::move(request), [&](int now) { progress = now; }, {}, std::move(done));
    });
  };
  messaging::mail::LoginRequest request;
  request.addr = "ann@example.org";
  request.password = {'s'};
  request.imap = {"127.0.0.1", imap.port(), messaging::mail::MailSecurity::plain, "", {}};
  request.smtp = {"127.0.0.1", smtp.port(), messaging::mail::MailSecurity::plain, "", {}};
  const auto good = configure(request);
  REQUIRE(good);
  CHECK(good->is_chatmail);
  CHECK(good->largest_mail == 1'000'000);
  CHECK(good->login.imap.user == "ann@example.org");
  CHECK(good->login.smtp.password == crypto::WipingBytes{'s'});
  CHECK(progress >= 900);

  auto wrong = request;
  wrong.password = {'w', 'r', 'o', 'n', 'g'};
  const auto refused = configure(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(refused.error().message.find("AUTHENTICATIONFAILED") != std::string::npos);
  CHECK(refused.error().message.find("wrong") == std::string::npos);

  auto nowhere = request;
  nowhere.smtp.port = 1;
  const auto unreachable = configure(nowhere);
  REQUIRE_FALSE(unreachable);
  CHECK(unreachable.error().message.find("SMTP: 127.0.0.1:1, connecting: ") == 0);

  auto encrypted = request;
  encrypted.imap.security = messaging::mail::MailSecurity::starttls;
  const auto without = configure(encrypted);
  REQUIRE_FALSE(without);
  CHECK(without.error().message.find("STARTTLS") != std::string::npos);
}

TEST_CASE("a configuration can be cancelled") {
  Listener silent([](Line& at) {
    std::string command;
    while (at.read(command)) {
    }
  });
  Lines lines;
  messaging::mail::LoginRequest request;
  request.addr = "ann@example.org";
  request.password = {'s'};
  request.imap = {"127.0.0.1", silent.port(), messaging::mail::MailSecurity::plain, "", {}};
  request.smtp = request.imap;
  std::atomic<bool> stop{false};
  const auto ended = answer_of<messaging::mail::Configured>([&](auto done) {
    lines->configure(
        std::move(request), [](int) {}, [&] { return stop.exchange(true); }, std::move(done));
  });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == base::Errc::gone);
}
