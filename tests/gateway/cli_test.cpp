#include "gateway/cli/client.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/json_members.h"
#include "gateway/cli/print.h"
#include "gateway/http/sse_lines.h"
#include "tests/gateway/peer_test_server.h"
#include "tests/support/catch.h"

namespace {

using namespace gateway::cli;  // NOLINT: a test
using gateway::SseEvent;
using gateway::SseLines;
using peer_test::Line;
using peer_test::Server;

std::string http(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

Client client_of(const std::string& url) { return Client(*gateway::parse_peer_url(url)); }

}  // namespace

TEST_CASE("frames of an event stream come out whole however they were cut") {
  const std::string stream =
      ": ping\n\nid: 7\ndata: {\"type\":\"A\"}\n\nid: 8\r\nevent: lag\r\ndata: one\r\ndata: "
      "two\r\n\r\ndata:x\rid:9\r\rdata: cut off";
  for (std::size_t step = 1; step < stream.size(); ++step) {
    std::vector<SseEvent> seen;
    std::vector<std::string> ids;
    SseLines lines([&](const SseEvent& event) {
      seen.push_back(event);
      ids.push_back(lines.last_id());
    });
    for (std::size_t at = 0; at < stream.size(); at += step) {
      lines.feed(std::string_view(stream).substr(at, step));
    }
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].data == "{\"type\":\"A\"}");
    CHECK(seen[1].type == "lag");
    CHECK(seen[1].data == "one\ntwo");
    CHECK(seen[2].data == "x");
    CHECK(seen[2].type.empty());
    CHECK(ids == std::vector<std::string>{"7", "8", "9"});
  }
}

TEST_CASE("an id counts only once its frame is complete") {
  SseLines lines([](const SseEvent&) {});
  lines.feed("id: 1\ndata: x\n\nid: 2\ndata: y\n");
  CHECK(lines.last_id() == "1");
  lines.reset();
  lines.feed("\n");
  CHECK(lines.last_id() == "1");
  lines.feed("id: 3\n\n");  // a position without an event
  CHECK(lines.last_id() == "3");
  lines.feed(": ping\nid: 4\n");
  CHECK(lines.last_id() == "3");
  lines.feed(":\n");  // what stands before a comment is in no event
  CHECK(lines.last_id() == "4");
  lines.feed("id: 5\ndata: z\n:\n");
  CHECK(lines.last_id() == "4");
}

TEST_CASE("a stranger's text cannot command the terminal") {
  CHECK(plain("Bob \x1b[2J\x07") == "Bob \\x1b[2J\\x07");
  CHECK(plain("a\nb") == "a\\nb");
  CHECK(plain("a\nb", false) == "a\nb");
  CHECK(plain("\xc2\x9b"
              "31m") == "\\xc2\\x9b31m");
  CHECK(plain("\xe2\x80\xae"
              "evil") !=
        "\xe2\x80\xae"
        "evil");
  CHECK(plain("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(plain("\xff") == "\\xff");
  CHECK(event_line("{\"type\":\"Info\",\"msg\":\"\\u001b[31m\"}").find('\x1b') ==
        std::string::npos);
  CHECK(event_line("not json \x1b") == "not json \\x1b");
}

TEST_CASE("lines for people survive answers that are not as expected") {
  CHECK(contact_line(
            Json::parse(R"({"id":10,"displayName":"Bo","address":"bo@x","isVerified":true})"))
            .find("bo@x  verified") != std::string::npos);
  for (const char* text : {"null", "[]", "7", "{}", R"({"id":"x","text":7,"sender":[]})"}) {
    const auto json = Json::parse(text);
    CAPTURE(text);
    CHECK_NOTHROW(contact_line(json));
    CHECK_NOTHROW(chat_line(json));
    CHECK_NOTHROW(message_lines(json));
    CHECK_NOTHROW(event_line(text));
  }
}

TEST_CASE("members of another type than expected are as good as absent") {
  const auto json = Json::parse(R"({"t":"x","n":-7,"f":true,"big":18446744073709551615,"d":1.5})");
  CHECK(text_member(json, "t") == "x");
  CHECK(number_member(json, "n") == -7);
  CHECK(flag_member(json, "f"));
  for (const char* name : {"t", "n", "f", "d", "none"}) {
    CAPTURE(name);
    CHECK((std::string_view(name) == "t" || text_member(json, name).empty()));
    CHECK((std::string_view(name) == "n" || number_member(json, name) == 0));
    CHECK((std::string_view(name) == "f" || !flag_member(json, name)));
  }
  for (const char* other : {"[]", "null", "\"x\"", "7"}) {
    CHECK(text_member(Json::parse(other), "t").empty());
    CHECK(number_member(Json::parse(other), "t") == 0);
    CHECK_FALSE(flag_member(Json::parse(other), "t"));
  }
}

TEST_CASE("a message that is a file alone has no place for a text") {
  const auto line = message_lines(Json::parse(
      R"({"id":12,"sender":{"displayName":"Me"},"text":"","fileName":"a.txt","fileBytes":25})"));
  CHECK(line.find("Me: [a.txt, 25 bytes]") != std::string::npos);
}

TEST_CASE("where no daemon listens the client says how to start one") {
  auto client = client_of("http://127.0.0.1:1");
  const auto answer = client.call("get_info", {1});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().message.find("no daemon answers at http://127.0.0.1:1") == 0);
  CHECK(answer.error().message.find("scripts/run") != std::string::npos);
}

TEST_CASE("a call's result and its error are distinguished") {
  Server server([](const std::string& request, const Line& line) {
    if (request.find("get_config") != std::string::npos) {
      return line.send(http("200 OK", R"({"jsonrpc":"2.0","id":1,"result":"a@b"})"));
    }
    if (request.find("refused") != std::string::npos) {
      return line.send(http("421 No", R"({"error":"Host not allowed"})"));
    }
    if (request.find("strange") != std::string::npos) {
      return line.send(http("200 OK", "<html>"));
    }
    return line.send(http("200 OK", R"({"id":1,"error":{"code":-32601,"message":"no method x"}})"));
  });
  auto client = client_of(server.url());
  CHECK(*client.call("get_config", {1, "addr"}) == "a@b");
  CHECK(client.call("x", Json::array()).error().message == "no method x (-32601)");
  CHECK(client.call("refused", {}).error().message ==
        "the daemon refused with HTTP 421: Host not allowed");
  CHECK(client.call("strange", {}).error().message.find("no JSON-RPC") != std::string::npos);
  CHECK(server.connections() == 1);
  const auto requests = server.requests();
  CHECK(requests[0].find("POST /rpc HTTP/1.1") == 0);
  CHECK(requests[0].find("Content-Type: application/json\r\n") != std::string::npos);
}

TEST_CASE("a batch's answers are put in the order of the calls") {
  Server server([](const std::string&, const Line& line) {
    return line.send(http("200 OK", R"([{"id":1,"result":"b"},{"id":0,"result":"a"}])"));
  });
  auto client = client_of(server.url());
  const auto found = client.call_all("get_contact", {Json{1, 10}, Json{1, 11}});
  REQUIRE(found.ok());
  CHECK(*found == std::vector<Json>{"a", "b"});
}

TEST_CASE("listening resumes after a broken connection where it had been") {
  std::atomic<int> round{0};
  Server server([&](const std::string& request, const Line& line) {
    const bool resumed = request.find("Last-Event-ID: 41\r\n") != std::string::npos;
    line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    if (++round == 1) return line.send("id: 41\ndata: {\"type\":\"A\"}\n\nid: 42\nda") && false;
    line.send(resumed ? "id: 42\ndata: {\"type\":\"B\"}\n\n" : "data: {\"type\":\"wrong\"}\n\n");
    return false;
  });
  auto client = client_of(server.url());
  std::vector<std::string> seen;
  SseLines lines([&](const SseEvent& event) { seen.push_back(event.data); });
  for (int i = 0; i < 2; ++i) {
    REQUIRE(client.stream("/events", lines.last_id(), [&](std::string_view bytes) {
      lines.feed(bytes);
      return true;
    }));
    lines.reset();
  }
  CHECK(seen == std::vector<std::string>{R"({"type":"A"})", R"({"type":"B"})"});
}

TEST_CASE("a refused stream is an error that says why") {
  Server server(peer_test::always(http("400 Bad", R"({"error":"types: no event is called X"})")));
  auto client = client_of(server.url());
  const auto ended = client.stream("/events?types=X", "", [](std::string_view) { return true; });
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().message.find("no event is called X") != std::string::npos);
}

TEST_CASE("listen asks for what was wanted, safely encoded") {
  CHECK(*events_target({}) == "/events");
  CHECK(*events_target({.types = "IncomingMsg,MsgRead", .resume = ""}) ==
        "/events?types=IncomingMsg%2CMsgRead");
  CHECK(*events_target({.types = "a&b=c", .resume = ""}) == "/events?types=a%26b%3Dc");
  CHECK(*events_target({.types = "",
                        .resume = "",
                        .channels = {"a&b", "messages"},
                        .chats = {7},
                        .properties = {"line=A=1"},
                        .account = 2,
                        .snapshot = true}) ==
        "/events?account_id=2&chat_id=7&channel=a%26b&channel=messages&prop.line=A%3D1&snapshot=1");
  CHECK(events_target({.types = "", .resume = "", .properties = {"line"}})
            .error()
            .message.find("NAME=VALUE") != std::string::npos);
}
TEST_CASE("listen says of each event what it is, a lag too") {
  const SseEvent lag{.type = "lag", .data = R"({"dropped":12})"};
  CHECK(listen_line(lag, true) == R"({"type":"lag","dropped":12})");
  CHECK(listen_line({.type = "lag", .data = R"({"dropped":null})"}, true) ==
        R"({"type":"lag","dropped":null})");
  CHECK(listen_line(lag, false).starts_with("lag: events were missed"));
  CHECK(listen_line({.type = "", .data = R"({"type":"IncomingMsg"})"}, true) ==
        R"({"type":"IncomingMsg"})");
  CHECK(listen_line({.type = "reading", .data = "21.5 °C\nwarm"}, true) == "\"21.5 °C\\nwarm\"");
}
