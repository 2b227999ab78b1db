// Where the parts of a JSON text stand, and how it looks on one line.
#include "rpc/json_text.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using rpc::json_items;
using rpc::json_member;
using rpc::mend_surrogates;
using rpc::on_one_line;

TEST_CASE("the items of an array are found as they were written") {
  using Items = std::vector<std::string_view>;
  CHECK(json_items(" [ 1 , \"a,]\\\"\" ,{\"b\":[2,3]} , [ ] ]\n") ==
        Items{"1", "\"a,]\\\"\"", "{\"b\":[2,3]}", "[ ]"});
  CHECK(json_items("\xEF\xBB\xBF[1.10]") == Items{"1.10"});
  CHECK(json_items("[]").empty());
  CHECK(json_items(" [ ] ").empty());
  CHECK(json_items("{\"a\":[1]}").empty());
  CHECK(json_items("7").empty());
}

TEST_CASE("the members of an object are found as they were written") {
  const std::string_view object =
      " { \"a\" : 1e2 ,\"b\":{\"a\":[{\"x\":\"}\"}]}, \"q\\\"\" :\"{\" , \"d\\u0061ta\":[ 1 , 2 ]}";
  CHECK(json_member(object, "a") == "1e2");
  CHECK(json_member(object, "b") == "{\"a\":[{\"x\":\"}\"}]}");
  CHECK(json_member(object, "q\"") == "\"{\"");
  CHECK(json_member(object, "data") == "[ 1 , 2 ]");
  CHECK_FALSE(json_member(object, "x"));
  CHECK_FALSE(json_member(object, "d\\u0061ta"));
  CHECK_FALSE(json_member("{}", "a"));
  CHECK_FALSE(json_member("[\"a\",1]", "a"));
}

// The parts found here must be those that the parser finds.
TEST_CASE("the parts of a text are those that the parser sees, however deep and odd") {
  const std::string text =
      R"([{"a":[1,[2,{"b":"x\\","c":"\\\"]}"}]],"":{"":null}}, "\u007b", [[[[]]]], -0.5e-7, true])";
  const auto tree = nlohmann::json::parse(text);
  const auto items = json_items(text);
  REQUIRE(items.size() == tree.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    CHECK(nlohmann::json::parse(items[i]) == tree[i]);
  }
  for (const auto& [name, value] : tree[0].items()) {
    CHECK(nlohmann::json::parse(json_member(items[0], name).value()) == value);
  }
}

TEST_CASE("JSON on one line keeps every character that counts") {
  CHECK(on_one_line(
            "{ \"z\" : 12345678901234567890123 ,\r\n\t\"a\":[ 1.10, 1E+2 ],\"t\":\" a  b \"}") ==
        "{\"z\":12345678901234567890123,\"a\":[1.10,1E+2],\"t\":\" a  b \"}");
  CHECK(on_one_line("\"\\\" \\\\\" ") == "\"\\\" \\\\\"");
  CHECK(on_one_line("\"a\xE2\x80\xA8"
                    "b\xE2\x80\xA9\xC2\x85"
                    "c\xC3\xA4\xE2\x80\xA6\"") ==
        "\"a\\u2028b\\u2029\\u0085c\xC3\xA4\xE2\x80\xA6\"");
}

TEST_CASE("halves of surrogate pairs are found, and nothing else") {
  const auto mended =
      mend_surrogates(R"(["\ud83d","\ud83d\ude00","\ude00x","\\ud83d","\uD83D\u0041"])");
  REQUIRE(mended);
  CHECK(mended->text == R"(["\ufffd","\ud83d\ude00","\ufffdx","\\ud83d","\ufffd\u0041"])");
  CHECK(mended->surrogates.size() == 3);
  CHECK_FALSE(mend_surrogates(R"(["\ud83d\ude00","\\ud83d","\u00e4"])"));
  CHECK(mend_surrogates(R"("\ud83d\ud83d\ude00")")->surrogates.size() == 1);
  for (const char* cut : {"\\", "\\u", "\\ud8", "\\ud83", "", "x\\"}) {
    CHECK_FALSE(mend_surrogates(cut));
  }
  CHECK(mend_surrogates("\\ud83d\\u")->text == "\\ufffd\\u");
}
