#include <atomic>
#include <random>

#include "gateway/hub/frame_text.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;
using base::EventId;

TEST_CASE("a stream's head comes at once, before any event") {
  HubWorld world;
  Client client(world.http->port);
  client.send(get("/events?retry=1500", "Accept: text/event-stream\r\n"));
  const Reply reply = client.reply(true);
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Type") == "text/event-stream");
  CHECK(reply.field("Cache-Control") == "no-cache, no-transform");
  CHECK(reply.field("X-Accel-Buffering") == "no");
  CHECK(reply.field("Connection") == "close");
  CHECK_FALSE(reply.field("Content-Length"));
  CHECK(reply.field("Transfer-Encoding") == "chunked");
  CHECK(client.read_until("\n:\n") == "retry: 1500\nid: 1000\n:\n");
  Client head(world.http->port);
  head.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head.read_to_end().find("text/event-stream") != std::string::npos);
}

TEST_CASE("HTTP/1.1 gets each frame as a chunk of its own, HTTP/1.0 the frames alone") {
  HubWorld world({.ping_interval = 40});
  std::vector<Client> clients;
  for (const char* query : {"", "?named=1", "?types=IncomingMsg,Error"}) {
    clients.push_back(world.subscribe(query));
  }
  Client old(world.http->port);
  old.send("GET /events HTTP/1.0\r\n\r\n");
  const Reply head = old.reply(true);
  CHECK(head.status == 200);
  CHECK_FALSE(head.field("Transfer-Encoding"));
  CHECK(old.read_until("\n:\n") == "id: 1000\n:\n");
  std::vector<EventFrame> many;
  for (int i = 0; i < 50; ++i) many.push_back(world.log.append());
  world.hub->publish(many);
  for (Client& client : clients) {
    client.read_until("id: 1050\n");
    client.read_until("\n\n");
    std::size_t events = 0;
    for (const std::string& chunk : client.chunks()) {
      INFO(chunk);
      const bool event = parse_stream(chunk).size() == 1;
      events += event ? 1 : 0;
      CHECK((event ? chunk.ends_with("\n\n") : chunk.ends_with("\n")));
    }
    CHECK(events == 50);
  }
  std::string text = old.read_until("id: 1050\n");
  text += old.read_until("\n\n");
  CHECK(parse_stream(text).size() == 50);
  world.hub->stop();
  for (Client& client : clients) {
    client.read_to_end();
    CHECK(client.ended());
  }
}

// A parser that dispatches at every blank line sees events alone; a parser of the standard keeps
// the position: EventSource at the blank line, which only a browser gets.
TEST_CASE("no blank line comes without an event but to a browser's EventSource") {
  HubWorld world({.ping_interval = 40});
  Client lax = world.subscribe("?types=Error&retry=100");
  Client channel(world.http->port);
  channel.send(get("/events?channel=c"));
  channel.reply(true);
  Client browser(world.http->port);
  browser.send(get("/events?types=Error",
                   "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/event-stream\r\n"
                   "Cache-Control: no-cache\r\n"));
  browser.reply(true);
  CHECK(browser.read_until("\n\n") == "id: 1000\n\n");
  world.publish(world.log.append());  // passes none of them
  std::string text = channel.read_until(": ping\n");
  for (int i = 0; i < 3; ++i) text += lax.read_until(": ping\n");
  text += lax.read_until("id: 1001\n:\n");
  CHECK(text.find("\n\n") == std::string::npos);
  std::string ping;
  CHECK(eventually([&] {
    ping = browser.read_until("\n\n");
    return ping.ends_with(": ping\nid: 1001\n\n");
  }));
}

TEST_CASE("events arrive as id and data lines, named ones with their type") {
  HubWorld world;
  Client plain = world.subscribe();
  Client named = world.subscribe("?named=1");
  world.publish(world.log.append());
  CHECK(plain.read_until("\n\n") == "id: 1001\ndata: {\"type\":\"IncomingMsg\",\"n\":1001}\n\n");
  CHECK(named.read_until("\n\n") ==
        "event: IncomingMsg\nid: 1001\ndata: {\"type\":\"IncomingMsg\",\"n\":1001}\n\n");
}

TEST_CASE("filters by type, account and chat let through what they name") {
  HubWorld world;
  Client types = world.subscribe("?types=MsgRead,Error");
  Client account = world.subscribe("?account_id=2");
  Client chats = world.subscribe("?chat_id=7&chat_id=8&account_id=1");
  world.publish(world.log.append(AccountId(1), ChatId(7), "IncomingMsg"));      // 1001
  world.publish(world.log.append(AccountId(2), ChatId(7), "MsgRead"));          // 1002
  world.publish(world.log.append(AccountId(0), ChatId(0), "AccountsChanged"));  // 1003: of nobody's
  world.publish(world.log.append(AccountId(1), ChatId(8), "Error"));            // 1004
  world.publish(world.log.append(AccountId(2), ChatId(9), "IncomingMsg"));      // 1005
  world.publish(world.log.append(AccountId(1), ChatId(7), "MsgRead"));          // 1006
  const auto ids = [](Client& client, int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) out.push_back(parse_stream(client.read_until("\n\n")).at(0).id);
    return out;
  };
  CHECK(ids(types, 3) == std::vector<std::string>{"1002", "1004", "1006"});
  CHECK(ids(account, 3) == std::vector<std::string>{"1002", "1003", "1005"});
  CHECK(ids(chats, 3) == std::vector<std::string>{"1001", "1004", "1006"});
}

TEST_CASE("a wrong option is refused by its name") {
  HubWorld world;
  const auto error = [&](const std::string& query) {
    const Reply reply = ask(world.http->port, get("/events" + query));
    CHECK(reply.status == 400);
    return reply.body;
  };
  CHECK(error("?types=Incoming").find("types") != std::string::npos);
  CHECK(error("?types=").find("types") != std::string::npos);
  CHECK(error("?account_id=0").find("account_id") != std::string::npos);
  CHECK(error("?account_id=-1").find("account_id") != std::string::npos);
  CHECK(error("?account_id=4294967296").find("account_id") != std::string::npos);
  CHECK(error("?chat_id=1,x").find("chat_id") != std::string::npos);
  CHECK(error("?named=yes").find("named") != std::string::npos);
  CHECK(error("?retry=fast").find("retry") != std::string::npos);
  CHECK(error("?last_event_id=abc").find("last_event_id") != std::string::npos);
}

TEST_CASE("an unknown option is ignored, unless without it more would come than was asked for") {
  HubWorld world;
  const auto hint = [&](const std::string& option) {
    INFO(option);
    const Reply reply = ask(world.http->port, get("/events?" + option + "=1"));
    CHECK(reply.status == 400);
    const std::size_t at = reply.body.find("did you mean ");
    return at == std::string::npos ? ""
                                   : reply.body.substr(at + 13, reply.body.find('?', at) - at - 13);
  };
  for (const char* name : {"type", "tpyes", "Types", "types%5B%5D", "event", "events", "filter",
                           "kinds", "eventName", "only"}) {
    CHECK(hint(name) == "types");
  }
  for (const char* name : {"account", "accountId", "acount_id", "account-id", "ACCOUNT_ID"}) {
    CHECK(hint(name) == "account_id");
  }
  for (const char* name : {"chat", "chatid", "caht_id", "chats"}) CHECK(hint(name) == "chat_id");
  for (const char* name : {"channels", "chanel", "topic"}) CHECK(hint(name) == "channel");
  for (const char* name : {"prop", "props.line", "property", "prop%5Bline%5D"}) {
    CHECK(hint(name) == "prop.NAME");
  }
  // What clients, proxies and libraries add.
  for (const char* name : {"_",
                           "t",
                           "ts",
                           "v",
                           "cb",
                           "r",
                           "rnd",
                           "nocache",
                           "time",
                           "timestamp",
                           "token",
                           "client_id",
                           "session",
                           "sid",
                           "utm_source",
                           "lang",
                           "debug",
                           "format",
                           "withCredentials",
                           "jwt"}) {
    INFO(name);
    Client client(world.http->port);
    client.send(get("/events?" + std::string(name) + "=1"));
    CHECK(client.reply(true).status == 200);
  }
  CHECK(parse_stream_options({{"_", "1"}, {"t", "2"}}, {})->ignored ==
        std::vector<std::string>{"_", "t"});
  // A secret that lost its name is not for the log.
  const std::string secret = "edge_" + std::string(40, 'k');
  CHECK(parse_stream_options({{secret, ""}, {"a b c d e f", ""}}, {})->ignored ==
        std::vector<std::string>{"(no plain name)", "(no plain name)"});
}

TEST_CASE("lastEventId in the query resumes as polyfills send it") {
  const auto resume = [](std::vector<std::pair<std::string, std::string>> query,
                         std::optional<std::string_view> header = {}) {
    return parse_stream_options(query, header)->resume;
  };
  for (const char* name :
       {"lastEventId", "lastEventID", "Last-Event-ID", "last-event-id", "evs_last_event_id"}) {
    CHECK(resume({{name, "1005/own"}}).after == EventId(1005));
  }
  CHECK(resume({{"last_event_id", "7"}, {"lastEventId", "9"}}).after == EventId(9));
  CHECK(resume({{"lastEventId", "9"}, {"last_event_id", "7"}}).after == EventId(9));
  CHECK(resume({{"lastEventId", "9"}}, "11").after == EventId(11));
  CHECK_FALSE(resume({{"lastEventId", ""}}).given);
  CHECK_FALSE(resume({{"last_event_id", ""}}).given);
  // Never refused: a polyfill would give up for good. It gets lag.
  CHECK(resume({{"lastEventId", "of another server"}}).given);
  CHECK_FALSE(resume({{"lastEventId", "of another server"}}).after);
  HubWorld world;
  world.publish(world.log.append());
  world.publish(world.log.append());
  Client client = world.subscribe("?lastEventId=1001", "Last-Event-ID: \r\n");
  CHECK(client.read_until("\n\n").starts_with("id: 1002\n"));
}

TEST_CASE("no text in an event breaks the framing") {
  std::string out;
  append_frame(out, {EventId(5), AccountId(1), ChatId(0), "Info",
                     std::string("{\"a\":\n1,\r\n\"b\":\r2}\n\nid: 9\n\nevent: x") + '\0' + "y"});
  const auto seen = parse_stream(out);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].id == "5");
  CHECK(seen[0].event.empty());
  CHECK(seen[0].data == "{\"a\":\n1,\n\"b\":\n2}\n\nid: 9\n\nevent: x\xEF\xBF\xBDy");
  std::string name;
  append_event_name(name, std::string("A\r\ndata: x") + '\0' + "B");
  CHECK(name == "event: Adata: xB\n");
}

TEST_CASE("pings come at their interval, with the position reached on filtered streams") {
  HubWorld world({.ping_interval = 40});
  Client plain = world.subscribe();
  Client filtered = world.subscribe("?types=Error");
  world.publish(world.log.append());
  CHECK(plain.read_until("\n\n").starts_with("id: 1001\n"));
  for (int i = 0; i < 3; ++i) CHECK(plain.read_until(": ping\n") == ": ping\n");
  std::string position;
  CHECK(eventually([&] {
    position = filtered.read_until("\n:\n");
    return position == ": ping\nid: 1001\n:\n";
  }));
}

TEST_CASE("a vanished client is noticed") {
  HubWorld world({.ping_interval = 30});
  {
    Client closing = world.subscribe();
    Client resetting = world.subscribe();
    const linger hard{1, 0};
    setsockopt(resetting.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    CHECK(world.hub->stats().subscribers == 2);
  }
  CHECK(eventually([&] { return world.hub->stats().subscribers == 0; }));
}

TEST_CASE("stopping the hub ends every stream") {
  HubWorld world;
  Client a = world.subscribe();
  Client b = world.subscribe("?types=Error");
  world.hub->stop();
  CHECK(a.read_to_end().empty());
  CHECK(b.closed_by_server());
}

TEST_CASE("streams count as connections, so that clients cannot take every descriptor") {
  HubWorld world({}, 1000, 0, HttpOptions{.max_connections = 3});
  {
    const Client a = world.subscribe();
    const Client b = world.subscribe();
    const Client c = world.subscribe();
    Client one_too_many(world.http->port);
    one_too_many.send(get("/events"));
    CHECK(one_too_many.read_to_end().find("503") != std::string::npos);
  }
  CHECK(eventually([&] { return world.hub->stats().subscribers == 0; }));
  const Client again = world.subscribe();
}

TEST_CASE("2,000 subscribers all get every event in order") {
  HubWorld world;
  std::vector<Client> clients;
  for (int i = 0; i < 2000; ++i) clients.push_back(world.subscribe(i % 10 == 0 ? "?named=1" : ""));
  CHECK(world.hub->stats().subscribers == 2000);
  for (int i = 0; i < 20; ++i) world.publish(world.log.append());
  for (Client& client : clients) {
    for (int i = 1; i <= 20; ++i) {
      REQUIRE(parse_stream(client.read_until("\n\n")).at(0).id == std::to_string(1000 + i));
    }
  }
  CHECK(eventually([&] { return world.hub->stats().delivered == 2000 * 20; }));
}

TEST_CASE("events of one moment leave in fewer sends than there are events") {
  HubWorld world;
  Client client = world.subscribe();
  std::vector<EventFrame> many;
  for (int i = 0; i < 500; ++i) many.push_back(world.log.append());
  world.hub->publish(many);
  client.read_until("id: 1500\n");
  CHECK(eventually([&] { return world.hub->stats().delivered == 500; }));
  CHECK(world.hub->stats().sends < 10);
}

// A round over all streams goes in slices, and streams open and close between them.
TEST_CASE("a stream that opens in the middle of a round takes nobody's turn") {
  HubWorld world;
  std::vector<Client> clients;
  for (int i = 0; i < 400; ++i) clients.push_back(world.subscribe());
  const std::string filler = ",\"text\":\"" + std::string(4000, 'x') + "\"";
  for (int round = 0; round < 20; ++round) {
    std::vector<Client> newcomers;
    for (int i = 0; i < 6; ++i) newcomers.emplace_back(world.http->port);
    const EventFrame frame =
        world.publish(world.log.append(AccountId(1), ChatId(1), "IncomingMsg", filler));
    for (Client& newcomer : newcomers) newcomer.send(get("/events"));
    const std::string beginning = "id: " + std::to_string(frame.id.value) + "\n";
    for (Client& client : clients) REQUIRE(client.read_until("\n\n").starts_with(beginning));
  }
}

}  // namespace
}  // namespace gateway::test
