#include "messaging/api/channels.h"

#include "store/log_page.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

namespace {

using nlohmann::json;

// Counts two listeners of "a" and nobody else.
class TwoListeners final : public rpc::Streams {
 public:
  void count(std::vector<messaging::ChannelEvent> events,
             base::Completion<std::vector<std::size_t>> done) override {
    std::vector<std::size_t> counts;
    for (const auto& event : events) counts.push_back(event.channel == "a" ? 2 : 0);
    done(std::move(counts));
  }
  void list(std::optional<std::string> channel,
            base::Completion<std::vector<rpc::shape::Subscriber>> done) override {
    rpc::shape::Subscriber one;
    one.address = "127.0.0.1";
    one.channels = {channel.value_or("a")};
    done(std::vector{one});
  }
};

// The answer of POST /publish, or the error's message.
std::string post(rpc::Service& service, std::string_view body) {
  std::string out;
  base::Mutex mutex;
  base::Condition came;
  bool done = false;
  service.publish(body, a_caller(), [&](base::Result<std::string> answer) {
    base::Lock lock(mutex);
    out = answer ? *answer : answer.error().message;
    done = true;
    came.notify_all();
  });
  base::Lock lock(mutex);
  while (!done) came.wait(mutex);
  return out;
}

}  // namespace

TEST_CASE("publish_event answers with the number and how many listen") {
  OneGateway gateway;
  TwoListeners listeners;
  gateway.service().set_streams(listeners);
  const auto a = result(gateway.service(), "publish_event", {"a", "text"});
  CHECK(a["subscribers"] == 2);
  const auto other =
      result(gateway.service(), "publish_event",
             {{"channel", "b"}, {"data", {{"x", 1}}}, {"id", "own"}, {"where", {{"line", "1"}}}});
  CHECK(other["subscribers"] == 0);
  CHECK(other["id"] == a["id"].get<std::uint64_t>() + 1);
  CHECK(result(gateway.service(), "get_subscribers")[0]["channels"] == json{"a"});
  CHECK(result(gateway.service(), "get_subscribers", {"b"})[0]["channels"] == json{"b"});
  CHECK(result(gateway.service(), "set_initial_data", {"a", {{"state", 1}}}).is_null());
  CHECK(result(gateway.service(), "set_initial_data", {"a", nullptr}).is_null());
}

TEST_CASE("an array is published in one commit: all of it, or nothing") {
  OneGateway gateway;
  const auto both = json::parse(
      post(gateway.service(), R"([{"channel":"a","data":1},{"channel":"b","data":"x\ny"}])"));
  REQUIRE(both.size() == 2);
  CHECK(both[1]["id"] == both[0]["id"].get<std::uint64_t>() + 1);
  CHECK(post(gateway.service(), R"([{"data":1},{"channel":"a b","data":1}])").find("[1]") == 0);
  CHECK(post(gateway.service(), R"([{"data":1},7])").find("[1]: expected an event as an object") ==
        0);
  const auto next = json::parse(post(gateway.service(), R"({"data":1})"));
  CHECK(next["id"] == both[0]["id"].get<std::uint64_t>() + 2);
}

// Numbers that no double holds, and the order of members, are the publisher's own.
TEST_CASE("JSON is passed on as it was written, on one line") {
  OneGateway gateway;
  const std::string data =
      R"({"z":12345678901234567890123,"price":1.10,"d":0.12345678901234567891,"e":1E+2,"a":" x "})";
  const std::string spaced =
      "{ \"z\": 12345678901234567890123,\r\n\t\"price\":1.10 ,"
      "\"d\":0.12345678901234567891, \"e\" : 1E+2,\"a\":\" x \" }";
  const std::string line_ends = R"(["\u2028\u2029\u0085"])";
  post(gateway.service(), R"({"channel":"c", "data":)" + spaced + "}");
  post(gateway.service(), R"([{"data": 7.0 ,"channel":"c"},{"channel":"c","d\u0061ta":[ 1.0 ]}])");
  const std::string batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"publish_event","params":["c", )" + spaced + "]}," +
      R"({"jsonrpc":"2.0","id":2,"method":"publish_event","params":{"data":1e400000,"channel":"c"}},)" +
      R"({"jsonrpc":"2.0","id":3,"method":"publish_event","params":{"channel":"c","data":"text"}}])";
  CHECK(ask(gateway.service(), batch).find("\"error\"") != std::string::npos);
  std::string finite = batch;
  finite.replace(finite.find("1e400000"), 8, "1e4");
  CHECK(ask(gateway.service(), finite).find("\"error\"") == std::string::npos);
  post(gateway.service(), "{\"channel\":\"c\",\"data\":[\"\xE2\x80\xA8\xE2\x80\xA9\xC2\x85\"]}");
  store::LogQuery query;
  query.channels = {"c"};
  query.messages = false;
  query.limit = 100;
  const auto page = gateway.engine().log_page(query);
  REQUIRE(page);
  std::vector<std::string> published;
  for (const auto& event : page->events) {
    published.push_back(std::get<messaging::ChannelEvent>(event.body).data);
  }
  // A number that no program can hold costs its call and not its batch.
  CHECK(published == std::vector<std::string>{data, "7.0", "[1.0]", data, "text", data, "1e4",
                                              "text", line_ends});
}

TEST_CASE("types of the gateway's own events and ids that no header carries are refused") {
  OneGateway gateway;
  auto& service = gateway.service();
  for (const char* type : {"lag", "snapshot", "error", "open", "message", "ping", "Lag", "ERROR",
                           "IncomingMsg", "MsgRead", "Warning"}) {
    INFO(type);
    CHECK(post(service, json{{"data", 1}, {"type", type}}.dump()).find("type: '") == 0);
    CHECK(call(service, "publish_event", {"c", 1, type})["error"]["code"] == -32602);
    CHECK(call(service, "set_initial_data", {"c", 1, type})["error"]["code"] == -32602);
  }
  for (const char* type : {"Alarm", "lagging", "order.open", "größe"}) {
    CHECK(json::parse(post(service, json{{"data", 1}, {"type", type}}.dump())).contains("id"));
  }
  for (const char* type : {"a\xE2\x80\xA8z", "a\xC2\x85z"}) {
    CHECK(post(service, json{{"data", 1}, {"type", type}}.dump()).find("type") == 0);
    CHECK(post(service, json{{"data", 1}, {"where", {{"a", type}}}}.dump()).find("where") == 0);
  }
  for (const std::string& id : {std::string("\xF0\x9F\x98\x80x"), std::string("ä"),
                                std::string("a\x7F"), std::string(257, 'a')}) {
    CHECK(post(service, json{{"data", 1}, {"id", id}}.dump()).find("id: expected") == 0);
  }
  CHECK(json::parse(post(service, R"({"data":1,"id":"order 7/~!"})")).contains("id"));
}

TEST_CASE("what cannot be published is refused by name") {
  OneGateway gateway;
  auto& service = gateway.service();
  CHECK(post(service, "nonsense").find("not JSON") != std::string::npos);
  CHECK(post(service, "[]").find("1 to 1000") != std::string::npos);
  CHECK(post(service, "7").find("object") != std::string::npos);
  CHECK(post(service, R"({"channel":"a"})").find("data") == 0);
  CHECK(post(service, R"({"chanel":"a","data":1})").find("chanel") != std::string::npos);
  CHECK(post(service, R"({"channel":"messages","data":1})").find("channel") == 0);
  CHECK(post(service, R"({"channel":"","data":1})").find("channel") == 0);
  CHECK(post(service, R"({"data":1,"type":"a\nb"})").find("type") == 0);
  CHECK(post(service, R"({"data":1,"id":"a\rb"})").find("id") == 0);
  CHECK(post(service, R"({"data":1,"id":"a\u0000b"})").find("id") == 0);
  CHECK(post(service, R"({"data":1,"retry":-1})").find("retry") == 0);
  CHECK(post(service, R"({"data":1,"retry":86400001})").find("retry") == 0);
  CHECK(post(service, R"({"data":1,"where":{"a b":"x"}})").find("where") == 0);
  CHECK(post(service, R"({"data":1,"where":{"a":7}})").find("where") == 0);
  std::string places;
  for (int i = 0; i < 101; ++i) places += "{{a}}";
  CHECK(post(service, json{{"data", places}, {"fill", true}}.dump()).find("data") == 0);
  CHECK(json::parse(post(service, json{{"data", places}}.dump())).contains("id"));
}

TEST_CASE("a channel's event survives its form in the log, whatever it holds") {
  messaging::ChannelEvent event;
  event.channel = "a";
  event.data = std::string("one\r\n\0two", 9);
  event.type = "T";
  event.own_id = "x/y";
  event.retry = 7;
  event.json = true;
  event.fill = true;
  event.where = {{"a", "1"}, {"b", ""}};
  const base::Bytes bytes = messaging::encode_channel_event(event);
  const auto back = messaging::decode_channel_event(bytes);
  REQUIRE(back.ok());
  CHECK(*back == event);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK_FALSE(messaging::decode_channel_event(base::ByteView(bytes).first(cut)).ok());
  }
}

TEST_CASE("applications' events are not for readers of get_next_event") {
  OneGateway gateway;
  while (gateway.service().parked() == 0) {
    result(gateway.service(), "publish_event", {"a", "x"});
    Pending pending;
    gateway.service().handle(
        R"({"jsonrpc":"2.0","id":1,"method":"get_next_event_batch","params":[]})", a_caller(),
        pending.answer());
    if (!pending.came()) break;
    CHECK(pending.wait().find("ChannelEvent") == std::string::npos);
  }
}
