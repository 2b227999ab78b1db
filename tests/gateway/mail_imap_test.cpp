// What an IMAP server sends, read as values: in any pieces, and whatever it is.
#include "gateway/mail/imap_response.h"
#include "gateway/mail/imap_talk.h"
#include "gateway/mail/server_guesses.h"
#include "tests/support/catch.h"

namespace {

using gateway::mail::ImapKind;
using gateway::mail::ImapLimits;
using gateway::mail::ImapReader;
using gateway::mail::ImapResponse;
using gateway::mail::ImapStatus;
using gateway::mail::parse_imap;

std::vector<ImapResponse> read_all(std::string_view bytes, std::size_t piece = 1'000'000) {
  ImapReader reader;
  std::vector<ImapResponse> out;
  while (!bytes.empty()) {
    REQUIRE(reader.feed(bytes.substr(0, piece)));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto raw = reader.next()) out.push_back(parse_imap(std::move(*raw)));
  }
  return out;
}

ImapResponse read_one(std::string_view bytes) {
  auto all = read_all(bytes);
  REQUIRE(all.size() == 1);
  return std::move(all[0]);
}

std::string text_of(const std::optional<base::Bytes>& bytes) {
  return bytes ? std::string(base::as_text(*bytes)) : "none";
}

}  // namespace

TEST_CASE("statuses, their codes and their words are read") {
  const auto ok = read_one("E1 OK [READ-WRITE] Select completed (0.001 secs).\r\n");
  CHECK(ok.kind == ImapKind::tagged);
  CHECK(ok.tag == "E1");
  CHECK(ok.status == ImapStatus::ok);
  CHECK(ok.code == "READ-WRITE");
  const auto no = read_one("E22 no [overquota] Quota exceeded\r\n");
  CHECK(no.status == ImapStatus::no);
  CHECK(no.code == "OVERQUOTA");
  CHECK(no.text == "no [overquota] Quota exceeded");
  const auto next = read_one("* OK [UIDNEXT 4392] Predicted next UID\r\n");
  CHECK(next.kind == ImapKind::status);
  CHECK(next.code_number("UIDNEXT") == 4392u);
  CHECK_FALSE(next.code_number("UIDVALIDITY"));
  CHECK_FALSE(read_one("* OK [UIDNEXT 99999999999] x\r\n").code_number("UIDNEXT"));
  CHECK(read_one("* BYE too many connections\r\n").text == "BYE too many connections");
  CHECK(read_one("+ idling\r\n").kind == ImapKind::continuation);
  // Free text may end as a literal's announcement does.
  CHECK(read_all("* OK see {12}\r\nE1 OK {3}\r\n").size() == 2);
  CHECK(read_one("* OK \x01\x02 a\tb\r\n").text == "OK a b");
}

TEST_CASE("numbers, capabilities, searches and quotas are read") {
  CHECK(read_one("* 23 EXISTS\r\n").number == 23);
  CHECK(read_one("* 23 exists\r\n").kind == ImapKind::exists);
  CHECK(read_one("* 3 EXPUNGE\r\n").kind == ImapKind::expunge);
  const auto caps = read_one("* CAPABILITY IMAP4rev1 idle UIDPLUS\r\n");
  CHECK(caps.words == std::vector<std::string>{"IMAP4REV1", "IDLE", "UIDPLUS"});
  CHECK(read_one("* SEARCH 2 84 882\r\n").uids == std::vector<std::uint32_t>{2, 84, 882});
  CHECK(read_one("* SEARCH\r\n").uids.empty());
  CHECK(read_one("* SEARCH 0 x 5000000000 7\r\n").uids == std::vector<std::uint32_t>{7});
  const auto quota = read_one("* QUOTA \"User quota\" (MESSAGE 1 2 STORAGE 10 512)\r\n");
  CHECK(quota.kind == ImapKind::quota);
  CHECK(quota.quota.used == 10 * 1024);
  CHECK(quota.quota.limit == 512 * 1024);
  CHECK(read_one("* QUOTA \"\" ()\r\n").kind == ImapKind::other);
}

TEST_CASE("a fetched mail is read whatever the pieces it comes in") {
  const std::string answer =
      "* 12 FETCH (FLAGS (\\Seen $Forwarded) UID 77 RFC822.SIZE 2345 "
      "BODY[HEADER.FIELDS (\"FROM\" DATE)] {13}\r\nFrom: a@b\r\n\r\n BODY[] {5}\r\n{3}\r\n)\r\n"
      "E5 OK Fetch completed.\r\n";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    const auto all = read_all(answer, piece);
    REQUIRE(all.size() == 2);
    REQUIRE(all[0].kind == ImapKind::fetch);
    CHECK(all[0].fetch.uid == 77u);
    CHECK(all[0].fetch.size == 2345u);
    CHECK(all[0].fetch.seen);
    CHECK(text_of(all[0].fetch.header) == "From: a@b\r\n\r\n");
    CHECK(text_of(all[0].fetch.body) == "{3}\r\n");
    CHECK(all[1].tag == "E5");
  }
  const auto quoted = read_one("* 1 FETCH (UID 3 BODY[] \"a\\\"b\" RFC822.SIZE 3)\r\n");
  CHECK(text_of(quoted.fetch.body) == "a\"b");
  CHECK_FALSE(read_one("* 1 FETCH (UID 3 BODY[] NIL)\r\n").fetch.body);
}

TEST_CASE("what a server should not say is said to nobody") {
  for (const std::string_view bad :
       {"* 1 FETCH (UID 3\r\n", "* 1 FETCH UID 3\r\n", "* 1 FETCH (UID)\r\n",
        "* 1 FETCH (UID 0)\r\n", "* 1 FETCH (UID x)\r\n", "* 99999999999 EXISTS\r\n", "*\r\n",
        "\r\n", "* \r\n", "E1\r\n", "E1 MAYBE x\r\n", "* 1 FETCH (BODY[ 3)\r\n",
        "* 1 FETCH ((((((((((((((\r\n", "* 1 FETCH (\"UID\" 3)\r\n", "* 1 FETCH (UID \"\r\n"}) {
    CAPTURE(bad);
    CHECK(read_one(bad).kind == ImapKind::other);
  }
}

TEST_CASE("lines, literals and their number are bounded") {
  const ImapLimits limits{.lines = 1'000, .literals = 5'000, .most_literals = 3};
  const auto refused = [&](const std::string& bytes) {
    ImapReader reader(limits);
    return !reader.feed(bytes);
  };
  CHECK(refused("* OK " + std::string(2'000, 'x')));
  CHECK(refused("* 1 FETCH (BODY[] {5001}\r\n"));
  CHECK(refused("* 1 FETCH (BODY[] {99999999999999999999999999}\r\n"));
  CHECK(refused("* 1 FETCH ({3000}\r\n" + std::string(3'000, 'a') + " {3000}\r\n"));
  std::string many = "* 1 FETCH (";
  for (int i = 0; i < 4; ++i) many += "{0}\r\n ";
  CHECK(refused(many));
  CHECK_FALSE(refused("* 1 FETCH (BODY[] {5000}\r\n" + std::string(5'000, 'a') + ")\r\n"));
  // Each response has its own bounds.
  std::string long_ago;
  for (int i = 0; i < 100; ++i) long_ago += "* OK " + std::string(500, 'x') + "\r\n";
  CHECK_FALSE(refused(long_ago));
}

TEST_CASE("sets of numbers are short") {
  CHECK(gateway::mail::uid_set({1, 2, 3, 7, 9, 10}, 0, 6) == "1:3,7,9:10");
  CHECK(gateway::mail::uid_set({1, 2, 3, 7}, 1, 2) == "2:3");
  CHECK(gateway::mail::uid_set({4'294'967'295u}, 0, 5) == "4294967295");
}

namespace {

struct Recorder final : gateway::mail::ImapListener {
  std::string written;
  int untagged = 0;
  void write(std::string bytes) override { written += bytes; }
  void on_untagged(ImapResponse) override { ++untagged; }
};

}  // namespace

TEST_CASE("IDLE that is ended before the server agreed is ended when it agrees") {
  Recorder recorder;
  gateway::mail::ImapTalk talk(recorder);
  bool ended = false;
  talk.idle([&](const ImapResponse& answer) { ended = answer.status == ImapStatus::ok; });
  talk.end_idle();
  CHECK(recorder.written == "E1 IDLE\r\n");
  REQUIRE(talk.feed("+ idling\r\n"));
  CHECK(recorder.written == "E1 IDLE\r\nDONE\r\n");
  CHECK(talk.waiting());
  REQUIRE(talk.feed("* 3 EXISTS\r\nE0 OK of another\r\n"));
  CHECK_FALSE(ended);
  REQUIRE(talk.feed("E1 OK\r\n"));
  CHECK(ended);
  CHECK(recorder.untagged == 1);
  CHECK_FALSE(talk.busy());
}

TEST_CASE("servers are guessed in core's order, and what is known is not guessed") {
  using gateway::mail::guess_servers;
  using gateway::mail::MailService;
  messaging::mail::LoginRequest request;
  request.addr = "ann@example.org";
  request.password = {'x'};
  const auto guessed = guess_servers(MailService::imap, request, {});
  std::vector<std::string> places;
  for (const auto& server : guessed) places.push_back(server.user + " " + server.place());
  CHECK(places ==
        std::vector<std::string>{
            "ann@example.org example.org:993", "ann@example.org example.org:143",
            "ann@example.org imap.example.org:993", "ann@example.org imap.example.org:143",
            "ann@example.org mail.example.org:993", "ann@example.org mail.example.org:143",
            "ann example.org:993", "ann example.org:143", "ann imap.example.org:993",
            "ann imap.example.org:143", "ann mail.example.org:993", "ann mail.example.org:143"});
  request.smtp.host = "out.example.org";
  request.smtp.port = 2525;
  request.smtp.user = "u";
  request.smtp.password = {'y'};
  const auto smtp = guess_servers(MailService::smtp, request, {});
  REQUIRE(smtp.size() == 2);
  CHECK(smtp[0].security == messaging::mail::MailSecurity::tls);
  CHECK(smtp[1].security == messaging::mail::MailSecurity::starttls);
  CHECK(smtp[1].password == crypto::WipingBytes{'y'});
  for (const auto& server : guessed) CHECK(server.security != messaging::mail::MailSecurity::plain);
}

TEST_CASE("an autoconfig document names servers, and only such as are encrypted") {
  using gateway::mail::MailService;
  using gateway::mail::read_autoconfig;
  const std::string document =
      "<clientConfig><emailProvider><incomingServer type=\"pop3\"><hostname>p</hostname>"
      "<port>1</port><socketType>SSL</socketType></incomingServer>\n"
      "<incomingServer type=\"imap\">\n<hostname> imap.%EMAILDOMAIN% </hostname><port>993</port>"
      "<socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer>"
      "<incomingServer type=\"imap\"><hostname>plain.x</hostname><port>143</port>"
      "<socketType>plain</socketType></incomingServer>"
      "<outgoingServer type=\"smtp\"><hostname>smtp.x</hostname><port>587</port>"
      "<socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>";
  const auto imap = read_autoconfig(MailService::imap, document, "ann@example.org");
  REQUIRE(imap.size() == 1);
  CHECK(imap[0].place() == "imap.example.org:993");
  CHECK(imap[0].user == "ann");
  const auto smtp = read_autoconfig(MailService::smtp, document, "ann@example.org");
  REQUIRE(smtp.size() == 1);
  CHECK(smtp[0].user == "ann@example.org");
  for (std::size_t cut = 0; cut < document.size(); ++cut) {
    CHECK(read_autoconfig(MailService::imap, document.substr(0, cut), "a@b.c").size() <= 1);
  }
  CHECK(read_autoconfig(MailService::imap,
                        "<incomingServer type=\"imap\"><hostname>a b</hostname><port>993</port>"
                        "<socketType>SSL</socketType></incomingServer>",
                        "a@b.c")
            .empty());
}
