#include "gateway/hub/frame_text.h"
#include "gateway/hub/log_source.h"
#include "messaging/model/events.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;

ChannelPart on(std::string channel, Properties where = {}) {
  return {.channel = std::move(channel), .own_id = "", .where = std::move(where)};
}

// A stream with channels begins with its position (or initial data).
Client listener(HubWorld& world, const std::string& query) {
  Client client = world.subscribe(query);
  client.read_until("\n:\n");
  return client;
}

std::vector<std::string> next_data(Client& client, int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(parse_stream(client.read_until("\n\n")).at(0).data);
  }
  return out;
}

TEST_CASE("a channel's events go to those who named it, and messaging events to all others") {
  HubWorld world;
  Client plain = world.subscribe();
  Client a = listener(world, "?channel=a");
  Client both = listener(world, "?channel=a&channel=b");
  Client mixed = listener(world, "?channel=b,messages");
  world.publish(world.log.append(on("a"), "one"));
  world.publish(world.log.append());  // 1002
  world.publish(world.log.append(on("b"), "two"));
  world.publish(world.log.append(on("c"), "nobody's"));
  world.publish(world.log.append(on("a"), "three"));
  world.publish(world.log.append());  // 1006
  const std::string message = "{\"type\":\"IncomingMsg\",\"n\":1002}";
  const std::string last = "{\"type\":\"IncomingMsg\",\"n\":1006}";
  CHECK(next_data(plain, 2) == std::vector<std::string>{message, last});
  CHECK(next_data(a, 2) == std::vector<std::string>{"one", "three"});
  CHECK(next_data(both, 3) == std::vector<std::string>{"one", "two", "three"});
  CHECK(next_data(mixed, 3) == std::vector<std::string>{message, "two", last});
}

TEST_CASE("a channel's event has its type, its own id, its retry and each line of its data") {
  HubWorld world;
  Client client = listener(world, "?channel=a");
  ChannelPart part = on("a");
  part.own_id = "own 7";
  part.retry = 2500;
  world.publish(world.log.append(part, "one\r\ntwo\n\nid: 9\rthree", "Alarm"));
  CHECK(client.read_until("\n\n") ==
        "event: Alarm\nid: 1001/own 7\nretry: 2500\n"
        "data: one\ndata: two\ndata: \ndata: id: 9\ndata: three\n\n");
}

TEST_CASE("no text of a channel's event breaks its frame") {
  std::string out;
  ChannelPart evil = on("a");
  evil.own_id = std::string("x\r\ndata: y\n\n") + '\0';
  append_frame(out, {.id = base::EventId(5),
                     .account = {},
                     .chat = {},
                     .type = "T\n\ndata: z",
                     .data = std::string("a\0b", 3),
                     .channel = std::make_shared<const ChannelPart>(evil)});
  CHECK(out ==
        "event: Tdata: z\nid: 5/xdata: y\ndata: a\xEF\xBF\xBD"
        "b\n\n");
}

TEST_CASE("whatever a reader takes for a line's end is one in the stream as well") {
  const auto shown = [](std::string data) {
    std::string out;
    append_frame(out, {.id = base::EventId(5),
                       .account = {},
                       .chat = {},
                       .type = "",
                       .data = std::move(data),
                       .channel = std::make_shared<const ChannelPart>(on("a"))});
    return out;
  };
  for (const char* end :
       {"\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029"}) {
    CHECK(shown(std::string("hot") + end + "event: lag") ==
          "id: 5\ndata: hot\ndata: event: lag\n\n");
  }
  for (const char* whole :
       {"a\tb\x1f", "£ \u0086 \u00a0", "“quoted” … \u2027\u202a €", "\xe2\x80"}) {
    CHECK(shown(whole) == std::string("id: 5\ndata: ") + whole + "\n\n");
  }
}

// Earlier builds took them from publishers.
TEST_CASE(
    "of an event in an old log the stream has no reserved type and no id that clients choke on") {
  messaging::ChannelEvent event;
  event.channel = "a";
  event.data = "{\"dropped\":9}";
  const auto frame_with = [&](std::string type, std::string own_id) {
    event.type = std::move(type);
    event.own_id = std::move(own_id);
    messaging::Event logged;
    logged.id = base::EventId(7);
    logged.body = event;
    std::string out;
    append_frame(out, frames_of(std::vector{logged}).at(0));
    return out;
  };
  CHECK(frame_with("Alarm", "own") == "event: Alarm\nid: 7/own\ndata: {\"dropped\":9}\n\n");
  CHECK(frame_with("lag", "own") == "id: 7/own\ndata: {\"dropped\":9}\n\n");
  CHECK(frame_with("MsgRead", "\xF0\x9F\x98\x80") == "id: 7\ndata: {\"dropped\":9}\n\n");
}

TEST_CASE("types narrow a channel's events down too") {
  HubWorld world;
  Client client = listener(world, "?channel=a&types=Alarm");
  world.publish(world.log.append(on("a"), "one", "Info"));
  world.publish(world.log.append(on("a"), "two", "Alarm"));
  CHECK(next_data(client, 1) == std::vector<std::string>{"two"});
}

TEST_CASE("an event with `where` goes to those who claim all of it") {
  HubWorld world;
  Client one = listener(world, "?channel=a&prop.line=1&prop.site=north");
  Client two = listener(world, "?channel=a&prop.line=2");
  Client none = listener(world, "?channel=a");
  world.publish(world.log.append(on("a", {{"line", "1"}, {"site", "north"}}), "for one"));
  world.publish(world.log.append(on("a", {{"line", "2"}}), "for two"));
  world.publish(world.log.append(on("a"), "for all"));
  CHECK(next_data(one, 2) == std::vector<std::string>{"for one", "for all"});
  CHECK(next_data(two, 2) == std::vector<std::string>{"for two", "for all"});
  CHECK(next_data(none, 1) == std::vector<std::string>{"for all"});
}

TEST_CASE("what a listener said of itself is filled in, escaped where the data is JSON") {
  HubWorld world;
  Client client = listener(world, "?channel=a&prop.name=B%22o%5C");
  ChannelPart text = on("a");
  text.fill = true;
  ChannelPart json = text;
  json.json = true;
  world.publish(world.log.append(text, "Hello {{name}}, {{nobody}}{{ {{name"));
  world.publish(world.log.append(json, R"({"hello":"{{name}}"})"));
  world.publish(world.log.append(on("a"), "{{name}}"));
  CHECK(next_data(client, 3) ==
        std::vector<std::string>{"Hello B\"o\\, {{ {{name", R"({"hello":"B\"o\\"})", "{{name}}"});
}

TEST_CASE("a channel's initial data comes first, with the position, and not to who resumes") {
  HubWorld world;
  world.log.set_initial(world.publish(world.log.append(on("a"), "state", "State")));  // 1001
  Client client = world.subscribe("?channel=a");
  CHECK(client.read_until("\n\n") == "event: State\nid: 1001\ndata: state\n\n");
  world.publish(world.log.append(on("a"), "two"));
  CHECK(next_data(client, 1) == std::vector<std::string>{"two"});
  Client resumed = world.subscribe("?channel=a", "Last-Event-ID: 1001/own\r\n");
  CHECK(next_data(resumed, 1) == std::vector<std::string>{"two"});
}

TEST_CASE("whatever is published once a stream's head is there reaches it, once") {
  for (int round = 0; round < 30; ++round) {
    HubWorld world;
    Client client = world.subscribe("?channel=a");
    world.publish(world.log.append(on("a"), "one"));
    world.publish(world.log.append(on("a"), "two"));
    const auto seen = parse_stream(client.read_until("data: two\n\n"));
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].data == "one");
  }
}

TEST_CASE("a replay of channels brings each one's events, filtered as live ones are") {
  HubWorld world;
  for (int i = 0; i < 600; ++i) {
    world.log.append(
        on(i % 3 == 0 ? "a" : "b", i % 6 == 0 ? Properties{{"line", "1"}} : Properties{}),
        "n" + std::to_string(i));
    world.log.append();
  }
  world.hub->stop();
  world.hub = std::move(Hub::start(world.log, world.workers, world.clock).value());
  HttpWorld http([&](RouteTable& routes) { add_events_endpoint(routes, *world.hub); });
  Client client(http.port);
  client.send(get("/events?channel=a&last_event_id=1000"));
  client.reply(true);
  const auto seen = parse_stream(client.read_until("data: n597\n\n"));
  REQUIRE(seen.size() == 100);  // every third, without those for line 1
  CHECK(seen[0].data == "n3");
  world.hub->stop();
}

TEST_CASE("subscribers are counted and listed, with what they said of themselves") {
  HubWorld world;
  Client plain = world.subscribe();
  Client a = listener(world, "?channel=a&prop.line=1");
  Client b = listener(world, "?channel=a&channel=messages&prop.line=2");
  std::mutex mutex;
  std::vector<std::size_t> counts;
  std::vector<SubscriberInfo> infos;
  bool done = false;
  world.hub->count({{"a", {}}, {"a", {{"line", "2"}}}, {"b", {}}},
                   [&](std::vector<std::size_t> got) {
                     const std::lock_guard lock(mutex);
                     counts = std::move(got);
                   });
  const auto list = [&](std::optional<std::string> channel) {
    done = false;
    world.hub->list(std::move(channel), [&](std::vector<SubscriberInfo> got) {
      const std::lock_guard lock(mutex);
      infos = std::move(got);
      done = true;
    });
    CHECK(eventually([&] {
      const std::lock_guard lock(mutex);
      return done;
    }));
    return infos.size();
  };
  CHECK(list({}) == 3);
  CHECK(counts == std::vector<std::size_t>{2, 1, 0});
  CHECK(list("messages") == 2);
  CHECK(list("b") == 0);
  CHECK(list("a") == 2);
  CHECK(infos[0].channels == std::vector<std::string>{"a"});
  CHECK(infos[0].properties == Properties{{"line", "1"}});
  CHECK(infos[0].address == "127.0.0.1");
  CHECK(infos[0].since > 0);
  CHECK(infos[0].position.value == 1000);
  CHECK(infos[0].lag == 0);
}

TEST_CASE("a wrong channel or property is refused by its name") {
  HubWorld world;
  const auto error = [&](const std::string& query) {
    const Reply reply = ask(world.http->port, get("/events" + query));
    CHECK(reply.status == 400);
    return reply.body;
  };
  CHECK(error("?channel=").find("channel") != std::string::npos);
  CHECK(error("?channel=a%0Ab").find("channel") != std::string::npos);
  CHECK(error("?channel=" + std::string(129, 'x')).find("channel") != std::string::npos);
  CHECK(error("?prop.=1").find("prop") != std::string::npos);
  CHECK(error("?prop.a=1&prop.a=2").find("prop.a") != std::string::npos);
  CHECK(error("?prop.a=" + std::string(257, 'x')).find("prop") != std::string::npos);
  CHECK(error("?snapshot=yes").find("snapshot") != std::string::npos);
  CHECK(error("?channel=messages&types=Alarm").find("types") != std::string::npos);
}

TEST_CASE("what began to go out and does not fit is bounded: the reader is closed") {
  // Less than one event: they stall at the same one, whose rest may be held once for all of them.
  HubWorld world({.ring_bytes = 256 * 1024, .kept_bytes = 4 * 1024});
  std::vector<Client> stalled;
  for (int i = 0; i < 8; ++i) {
    stalled.push_back(world.subscribe("?channel=a", "", 4096));
  }
  const std::string big(8 * 1024, 'x');
  CHECK(eventually([&] {
    world.publish(world.log.append(on("a"), big));
    return world.hub->stats().subscribers < 8;
  }));
  CHECK(eventually([&] { return world.hub->stats().kept_bytes <= 32 * 1024; }));
}

}  // namespace
}  // namespace gateway::test
