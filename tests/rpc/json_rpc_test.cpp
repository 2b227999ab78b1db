// JSON-RPC 2.0: the examples of its specification, and what it leaves to each server.
#include "rpc/request.h"
#include "rpc/run.h"
#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/sample_methods.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

struct Fixture {
  base::ManualClock clock;
  rpc::Service service{nullptr, clock, {}, sample::table()};

  std::string raw(std::string_view body) { return ask(service, body); }
  json answer(std::string_view body) { return json::parse(raw(body)); }
  int code(std::string_view body) { return answer(body)["error"]["code"].get<int>(); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "positional and named parameters give the same result") {
  CHECK(raw(R"({"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1})") ==
        R"({"jsonrpc":"2.0","id":1,"result":19})");
  CHECK(raw(R"({"jsonrpc":"2.0","method":"subtract","params":[23,42],"id":2})") ==
        R"({"jsonrpc":"2.0","id":2,"result":-19})");
  CHECK(
      raw(R"({"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3})") ==
      R"({"jsonrpc":"2.0","id":3,"result":19})");
}

TEST_CASE_METHOD(Fixture, "a notification is executed and not answered") {
  sample::updates = 0;
  CHECK(raw(R"({"jsonrpc":"2.0","method":"update","params":[7]})").empty());
  CHECK(sample::updates == 7);
  CHECK(raw(R"({"jsonrpc":"2.0","method":"foobar"})").empty());
  CHECK(raw(R"({"jsonrpc":"2.0","method":"update","params":["x"]})").empty());
  CHECK(
      raw(R"([{"jsonrpc":"2.0","method":"update","params":[1]},{"jsonrpc":"2.0","method":"update","params":[1]}])")
          .empty());
  CHECK(sample::updates == 9);
}

TEST_CASE_METHOD(Fixture, "an error has its request's id, or null where none is known") {
  const auto unknown = answer(R"({"jsonrpc":"2.0","method":"foobar","id":"1"})");
  CHECK(unknown["error"]["code"] == -32601);
  CHECK(unknown["id"] == "1");
  const auto broken = answer(R"({"jsonrpc":"2.0","method":"foobar,"params":"bar","baz])");
  CHECK(broken["error"]["code"] == -32700);
  CHECK(broken["id"].is_null());
  const auto invalid = answer(R"({"jsonrpc":"2.0","method":1,"params":"bar"})");
  CHECK(invalid["error"]["code"] == -32600);
  CHECK(invalid["id"].is_null());
}

TEST_CASE_METHOD(Fixture, "each kind of bad request has its code") {
  struct Row {
    const char* what;
    std::string body;
    int code;
  };
  const auto call = [](const std::string& members) { return "{" + members + "}"; };
  const std::string version = R"("jsonrpc":"2.0",)";
  const std::vector<Row> rows{
      {"no body", "", -32700},
      {"an empty batch", "[]", -32600},
      {"a number", "1", -32600},
      {"null", "null", -32600},
      {"a batch without its end", "[", -32700},
      {"text after the call", call(version + R"("method":"sum","params":[1],"id":1)") + " x",
       -32700},
      {"a byte that is not UTF-8", call(version + "\"method\":\"echo\",\"params\":[\"\xff\"]"),
       -32700},
      {"half of a surrogate pair", call(version + R"("method":"echo","params":["\ud800"],"id":1)"),
       -32602},
      {"another version", R"({"jsonrpc":"1.0","method":"sum","params":[1],"id":1})", -32600},
      {"no version", R"({"method":"sum","params":[1],"id":1})", -32600},
      {"params that are a string", call(version + R"("method":"sum","params":"1","id":1)"), -32600},
      {"an id that is an object", call(version + R"("method":"sum","params":[1],"id":{})"), -32600},
      {"an id that is true", call(version + R"("method":"sum","params":[1],"id":true)"), -32600},
      {"a parameter of another type", call(version + R"("method":"sum","params":["x"],"id":1)"),
       -32602},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(code(row.body) == row.code);
  }
}

TEST_CASE_METHOD(Fixture, "a batch is answered in order, bad entries included") {
  const auto three = answer("[1,2,3]");
  REQUIRE(three.size() == 3);
  for (const auto& each : three) CHECK(each["error"]["code"] == -32600);
  const auto mixed = answer(R"([
    {"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},
    {"jsonrpc":"2.0","method":"update","params":[7]},
    {"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"2"},
    {"foo":"boo"},
    {"jsonrpc":"2.0","method":"foo.get","params":{"name":"myself"},"id":"5"},
    {"jsonrpc":"2.0","method":"get_data","id":"9"}])");
  REQUIRE(mixed.size() == 5);
  CHECK(mixed[0] == json::parse(R"({"jsonrpc":"2.0","result":7,"id":"1"})"));
  CHECK(mixed[1] == json::parse(R"({"jsonrpc":"2.0","result":19,"id":"2"})"));
  CHECK(mixed[2]["error"]["code"] == -32600);
  CHECK(mixed[2]["id"].is_null());
  CHECK(mixed[3]["error"]["code"] == -32601);
  CHECK(mixed[4] == json::parse(R"({"jsonrpc":"2.0","result":["hello",5],"id":"9"})"));
}

TEST_CASE_METHOD(Fixture, "ids come back to the letter") {
  const auto echoed = [&](const std::string& id) {
    const std::string answered =
        raw(R"({"jsonrpc":"2.0","method":"sum","params":[1],"id":)" + id + "}");
    CHECK(answered == R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":1})");
    const std::string batch =
        raw(R"([{"id":)" + id + R"(,"jsonrpc":"2.0","method":"sum","params":[1]}])");
    CHECK(batch == R"([{"jsonrpc":"2.0","id":)" + id + R"(,"result":1}])");
  };
  for (const char* id :
       {"1", "0", "-5", "null", R"("abc")", R"("")", R"("ü \"quoted\" \n")", "18446744073709551615",
        "123456789012345678901234567890", "1.0", "1.50", "1e3", "-0.0", "-0"}) {
    echoed(id);
  }
}

TEST_CASE_METHOD(Fixture, "depth and batch size are bounded") {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","method":"sum","id":1,"params":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  CHECK(code(nested(63)) == -32602);  // 64 levels with the request itself
  CHECK(code(nested(64)) == -32600);
  CHECK(code(nested(1'000'000)) == -32600);
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += R"({"jsonrpc":"2.0","method":"sum","params":[1],"id":1},)";
  many.back() = ']';
  CHECK(answer(many).size() == 1000);
  many.back() = ',';
  CHECK(code(many + "1]") == -32600);
}

TEST_CASE_METHOD(Fixture, "a member that comes twice is refused and named") {
  const auto twice =
      answer(R"({"jsonrpc":"2.0","method":"sum","method":"update","params":[1],"id":1})");
  CHECK(twice["error"]["code"] == -32600);
  CHECK(twice["error"]["message"].get<std::string>().find("\"method\"") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "an unknown method names the nearest one and where to find all") {
  const auto message = [&](const std::string& name) {
    return answer(R"({"jsonrpc":"2.0","method":")" + name + R"(","id":1})")["error"]["message"]
        .get<std::string>();
  };
  CHECK(message("subtrat") ==
        "Method not found: subtrat. Did you mean subtract? rpc.discover lists all methods.");
  CHECK(message("getData").find("get_data") != std::string::npos);
  CHECK(message("place_outgoing_call").find("Did you mean") == std::string::npos);
  CHECK(message(std::string(100'000, 'x')).size() < 200);
}

TEST_CASE_METHOD(Fixture, "what a bug says stays out of the answer") {
  for (const char* method : {"break_down", "slip", "throw_later", "forget"}) {
    const auto failed =
        answer(std::string(R"({"jsonrpc":"2.0","id":1,"params":["secret words"],"method":")") +
               method + "\"}");
    INFO(method);
    CHECK(failed["error"]["code"] == -32603);
    const auto message = failed["error"]["message"].get<std::string>();
    CHECK(message.find("secret") == std::string::npos);
    CHECK(message.find("log id") != std::string::npos);
  }
}

TEST_CASE_METHOD(Fixture, "an account error keeps the words a person can act on") {
  const auto failed =
      answer(R"({"jsonrpc":"2.0","id":1,"params":["chat 7 is gone"],"method":"refuse"})");
  CHECK(failed["error"]["code"] == -32603);
  CHECK(failed["error"]["message"] == "chat 7 is gone");
}

TEST_CASE_METHOD(Fixture, "a read in a batch sees the writes before it, and no thread waits") {
  sample::committed.clear();
  Pending pending;
  service.handle(R"([{"jsonrpc":"2.0","id":1,"method":"write","params":["a"]},
                     {"jsonrpc":"2.0","id":2,"method":"write","params":["b"]},
                     {"jsonrpc":"2.0","id":3,"method":"read"},
                     {"jsonrpc":"2.0","method":"write","params":["c"]},
                     {"jsonrpc":"2.0","id":4,"method":"read"}])",
                 a_caller(), pending.answer());
  CHECK(sample::held.size() == 2);  // both share a commit
  CHECK_FALSE(pending.came());
  sample::commit_all();
  CHECK(sample::held.size() == 1);
  CHECK_FALSE(pending.came());
  sample::commit_all();
  REQUIRE(pending.came());
  const auto answers = json::parse(pending.wait());
  REQUIRE(answers.size() == 4);
  CHECK(answers[2]["result"] == "ab");
  CHECK(answers[3]["result"] == "abc");
  CHECK(pending.times() == 1);
}

TEST_CASE("what unfinished batches hold is bounded all together, and given back with each") {
  base::ManualClock clock;
  const auto shared = std::make_shared<rpc::RunShared>();
  shared->context = [&](const rpc::Caller& caller) {
    return rpc::Context{.clock = &clock, .table = &sample::table(), .caller = caller};
  };
  shared->table = &sample::table();
  shared->executor = [](const std::string&, base::UniqueFunction<void()> task) { task(); };
  shared->large = std::make_shared<rpc::LargeCalls>(shared->executor);
  const auto& held = shared->held;
  held->most = 2000;
  const auto begin = [&](std::string_view body, const Pending& pending) {
    std::make_shared<rpc::Run>(rpc::read_requests(std::string(body)), a_caller(), shared,
                               Pending(pending).answer())
        ->start();
  };
  const std::string echo =
      R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[")" + std::string(1100, 'x') + R"("]})";
  const Pending waiting;
  begin("[" + echo + R"(,{"jsonrpc":"2.0","id":2,"method":"write","params":["w"]}])", waiting);
  CHECK_FALSE(waiting.came());
  CHECK(held->bytes > 1000);

  const Pending refused;
  begin("[" + echo + "," + echo + "]", refused);
  const auto answers = json::parse(refused.wait());
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].contains("result"));
  REQUIRE(answers[1].contains("error"));
  CHECK(answers[1]["error"]["code"] == -32603);
  CHECK(answers[1]["error"]["message"].get<std::string>().find("busy") == 0);
  const Pending single;
  begin(echo, single);  // holds nothing: it goes out at once
  CHECK(json::parse(single.wait()).contains("result"));

  sample::commit_all();
  CHECK(json::parse(waiting.wait()).size() == 2);
  CHECK(held->bytes == 0);
}

TEST_CASE("no body of bytes makes the parser do more than refuse") {
  for (int first = 0; first < 256; ++first) {
    for (const char* rest : {"", "}", "[{\"id\":1.5", "\"a\":1}", "{\"id\":[1.5]}"}) {
      const std::string body = std::string(1, static_cast<char>(first)) + rest;
      const auto requests = rpc::read_requests(body);
      CHECK((requests.error || requests.size() > 0));
    }
  }
}

TEST_CASE_METHOD(Fixture, "half of a surrogate pair costs its call, and no other of its batch") {
  const auto call = [](const std::string& id, const std::string& params) {
    return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"sum","params":)" + params + "}";
  };
  const auto answers =
      answer("[" + call("1", "[1]") + "," + call("2", R"(["cut \ud83d"])") + "," +
             call("\"\\ud83d\\ude00\"", "[3]") + "," + call(R"("x\udc00")", "[4]") + "]");
  REQUIRE(answers.size() == 4);
  CHECK(answers[0]["result"] == 1);
  CHECK(answers[1]["id"] == 2);
  CHECK(answers[1]["error"]["code"] == -32602);
  const std::string message = answers[1]["error"]["message"];
  CHECK(message.find("surrogate") != std::string::npos);
  CHECK(answers[2]["result"] == 3);
  CHECK(answers[3]["id"].is_null());
  CHECK(answers[3]["error"]["code"] == -32600);
  CHECK(code(call("7", R"(["\ud83d"])")) == -32602);
  CHECK(answer(call("7", R"(["\ud83d"])"))["id"] == 7);
  sample::updates = 0;
  CHECK(raw(R"([{"jsonrpc":"2.0","method":"update","params":[7]},)"
            R"({"jsonrpc":"2.0","method":"update","params":["\udfff"]}])")
            .empty());
  CHECK(sample::updates == 7);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"sum","params":["\ud83d)") == -32700);
}

TEST_CASE_METHOD(Fixture, "what is wrong with one call of a batch costs that call alone") {
  const auto answers = answer(R"([{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]},)"
                              R"({"jsonrpc":"2.0","id":"two","method":"sum","params":[1e400000]},)"
                              R"({"jsonrpc":"2.0","id":3,"id":3,"method":"sum","params":[3]},)"
                              R"({"jsonrpc":"2.0","id":4,"method":"sum","params":[4]}])");
  REQUIRE(answers.size() == 4);
  CHECK(answers[0]["result"] == 1);
  CHECK(answers[1]["id"] == "two");
  CHECK(answers[1]["error"]["code"] == -32602);  // JSON, but no number that can be read
  CHECK(answers[1]["error"]["message"].get<std::string>().find("1e400000") != std::string::npos);
  CHECK(answers[2]["error"]["code"] == -32600);
  CHECK(answers[3]["result"] == 4);
  // Such an id comes back as it was sent, which the parser of this test does not read.
  CHECK(raw(R"({"jsonrpc":"2.0","id":1e400,"method":"sum","params":[1]})").find("-32600") !=
        std::string::npos);
  // What is no JSON at all costs all of it, and nothing is run.
  sample::updates = 0;
  CHECK(code(R"([{"jsonrpc":"2.0","method":"update","params":[1]},{"jsonrpc":}])") == -32700);
  CHECK(code(R"([{"jsonrpc":"2.0","method":"update","params":[1]}}")") == -32700);
  CHECK(sample::updates == 0);
}

TEST_CASE_METHOD(Fixture, "values are counted before any is built") {
  const auto many = [](std::size_t count) {
    std::string body = R"({"jsonrpc":"2.0","id":1,"method":"sum","params":[)";
    for (std::size_t i = 0; i < count; ++i) body += "0,";
    body.back() = ']';
    return body + "}";
  };
  CHECK(code(many(rpc::kMaxValues - 5)) == -32602);  // with the call itself and its members
  CHECK(code(many(rpc::kMaxValues - 4)) == -32600);
  CHECK_FALSE(rpc::parse_json("[1,2,3]", 3));
  CHECK(rpc::parse_json("[1,2]", 3).ok());
}

TEST_CASE_METHOD(Fixture, "a NUL ends no JSON text") {
  const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"sum","params":[1]})";
  CHECK(answer(call)["result"] == 1);
  CHECK(code(call + '\0') == -32700);
  CHECK(code(call + '\0' + "rest") == -32700);
  CHECK(code('\0' + call) == -32700);
  CHECK(code(call + '\0' + call) == -32700);
  CHECK_FALSE(rpc::parse_json(std::string("{}\0", 3)));
}
