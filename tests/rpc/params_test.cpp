// Parameters are refused by name, with what was expected.
#include "rpc/service.h"
#include "rpc/shapes/login.h"
#include "rpc/shapes/message_data.h"
#include "rpc/shapes/mute.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/sample_methods.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

std::string refusal(std::string_view method, const json& params) {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock, {}, sample::table());
  const json answer = call(service, method, params);
  CHECK(answer["error"]["code"] == -32602);
  return answer["error"]["message"];
}

template <class T>
std::string read_error(const char* text) {
  const json parsed = json::parse(text);
  const auto read = rpc::read_json<T>(rpc::JsonValue(parsed));
  return read ? "read" : read.error().message;
}

template <class T>
base::Result<T> read(const char* text) {
  const json parsed = json::parse(text);
  return rpc::read_json<T>(rpc::JsonValue(parsed));
}

}  // namespace

TEST_CASE("of a member's name that is megabytes long the start is quoted") {
  const json parsed{{std::string(1'000'000, 'k'), 17}};
  const auto read = rpc::read_json<std::map<std::string, std::string>>(rpc::JsonValue(parsed));
  REQUIRE_FALSE(read);
  CHECK(read.error().message.size() < 200);
  CHECK(read.error().message.find(std::string(64, 'k')) != std::string::npos);
}

TEST_CASE("a mistyped parameter is named with what was expected") {
  CHECK(refusal("count", {"x", json::array()}) ==
        "chat_id: expected an integer from 1 to 4294967295, got a string");
  CHECK(refusal("count", {0, json::array()}) ==
        "chat_id: expected an integer from 1 to 4294967295, got 0");
  CHECK(refusal("count", {-1, json::array()}) ==
        "chat_id: expected an integer from 1 to 4294967295, got -1");
  CHECK(refusal("count", {4294967296, json::array()}) ==
        "chat_id: expected an integer from 1 to 4294967295, got 4294967296");
  CHECK(refusal("count", {1.5, json::array()}) ==
        "chat_id: expected an integer from 1 to 4294967295, got a number");
  CHECK(refusal("count", {1, {3, "4"}}) ==
        "message_ids[1]: expected an integer from 1 to 4294967295, got a string");
  CHECK(refusal("count", {1, nullptr}) == "message_ids: expected an array, got null");
  CHECK(refusal("sum", {1, true}) ==
        "b: expected an integer from -9223372036854775808 to 9223372036854775807 or null, got a "
        "boolean");
  CHECK(refusal("echo", {5}) == "text: expected a string, got an integer");
}

TEST_CASE("a missing, unknown or surplus parameter is named") {
  CHECK(refusal("count", {1}) == "message_ids: missing, expected an array");
  CHECK(refusal("count", {{"message_ids", json::array()}}) ==
        "chat_id: missing, expected an integer from 1 to 4294967295");
  CHECK(refusal("count", {{"chat_id", 1}, {"message_ids", json::array()}, {"chatId", 2}}) ==
        "chatId: no such parameter; expected \"chat_id\", \"message_ids\"");
  CHECK(refusal("sum", {1, 2, 3, 4}) == "params: expected at most 3 parameters, got 4");
  CHECK(refusal("get_data", {1}) == "params: expected at most 0 parameters, got 1");
}

TEST_CASE("trailing nullable parameters may be left out or null") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock, {}, sample::table());
  CHECK(result(service, "sum", {1}) == 1);
  CHECK(result(service, "sum", {1, nullptr, 3}) == 4);
  CHECK(result(service, "sum", {{"a", 1}, {"c", 5}}) == 6);
  CHECK(result(service, "get_data", json::object()).size() == 2);
  CHECK(result(service, "get_data", nullptr).size() == 2);
}

TEST_CASE("a list of ids is bounded") {
  CHECK(refusal("count", {1, json(std::vector<int>(100'001, 5))}) ==
        "message_ids: expected at most 100000 items");
}

TEST_CASE("members of objects are read by path and unknown ones are kept by name") {
  CHECK(read_error<rpc::shape::MessageData>(R"({"quotedMessageId":"x"})") ==
        "quotedMessageId: expected an integer from 1 to 4294967295 or null, got a string");
  CHECK(read_error<rpc::shape::MessageData>(R"({"location":[1,"x"]})") ==
        "location[1]: expected a number, got a string");
  CHECK(read_error<rpc::shape::MessageData>(R"({"location":[1]})") ==
        "location: expected an array of 2 items or null, got an array");
  const auto data = read<rpc::shape::MessageData>(R"({"text":"a","txt":"b","viewtype":"File"})");
  REQUIRE(data);
  CHECK(data->text == "a");
  CHECK(data->viewtype == messaging::Viewtype::file);
  CHECK(data->ignored == std::vector<std::string>{"txt"});
  CHECK(read_error<rpc::shape::MessageData>(R"({"viewtype":"Bogus"})")
            .starts_with("viewtype: expected one of \"Unknown\", \"Text\""));
  CHECK(read_error<rpc::shape::EnteredLoginParam>(
            R"({"addr":"a","password":"b","imapPort":70000})") ==
        "imapPort: expected an integer from 0 to 65535 or null, got 70000");
}

TEST_CASE("a message without text and file is refused, naming what was ignored") {
  auto data = read<rpc::shape::MessageData>(R"({"txt":"hello","msg":"x"})");
  REQUIRE(data);
  const auto draft = rpc::shape::to_draft(std::move(*data));
  REQUIRE_FALSE(draft);
  CHECK(draft.error().message == "data: a message needs text, file or location; ignored: msg, txt");
}

TEST_CASE("a tagged object is read by its kind") {
  const auto until = read<rpc::shape::MuteDuration>(R"({"kind":"Until","duration":60})");
  REQUIRE(until);
  CHECK(std::get<rpc::shape::MutedUntil>(until->value).duration == 60);
  CHECK(
      read_error<rpc::shape::MuteDuration>(R"({"kind":"Until"})").starts_with("duration: missing"));
  CHECK(read_error<rpc::shape::MuteDuration>(R"({"kind":"Never"})") ==
        "kind: expected one of \"NotMuted\", \"Forever\", \"Until\", got \"Never\"");
  CHECK(read_error<rpc::shape::MuteDuration>("5").starts_with(": expected an object whose kind"));
}

TEST_CASE("a whole number is an integer however it is written, as far as it is exact") {
  CHECK(*read<base::ChatId>("1.0") == base::ChatId(1));
  CHECK(*read<base::ChatId>("12e1") == base::ChatId(120));
  CHECK(*read<std::uint32_t>("4294967295.0") == 4294967295U);
  CHECK(*read<std::int64_t>("-1e3") == -1000);
  CHECK(*read<std::int64_t>("9007199254740992.0") == 9007199254740992);
  CHECK(*read<std::optional<std::uint32_t>>("-0.0") == 0U);
  CHECK((*read<std::vector<base::MsgId>>("[1.0,2]")).size() == 2);
  for (const char* text : {"0.0", "1.5", "-1.0", "4294967296.0", "1e300", "\"1.0\"", "true"}) {
    INFO(text);
    CHECK_FALSE(read<base::ChatId>(text));
  }
  CHECK_FALSE(read<std::int64_t>("9007199254740994.0"));  // may stand for a neighbour
  CHECK_FALSE(read<std::uint64_t>("18446744073709551616"));
}
