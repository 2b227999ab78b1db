#include "rpc/json_write.h"

#include <nlohmann/json.hpp>

#include "rpc/json_schema.h"
#include "rpc/shapes/message.h"
#include "tests/support/catch.h"

using nlohmann::json;

TEST_CASE("strings are escaped as JSON asks and read back the same") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "ü€😀\xEF\xBF\xBF";
  CHECK(json::parse(rpc::to_json(all)) == all);
  CHECK(rpc::to_json(std::string("a\n\"\\\x01")) == R"("a\n\"\\\u0001")");
}

TEST_CASE("a character that needs an escape is found wherever it stands") {
  for (const std::string special : {"\"", "\\", "\n", "\x01", "\x7f", "ü", "\xE2\x80\xA8"}) {
    for (std::size_t before = 0; before < 40; ++before) {
      const std::string text = std::string(before, 'a') + special + std::string(40 - before, 'z');
      const std::string written = rpc::to_json(text);
      CHECK(json::parse(written) == text);
      CHECK(rpc::to_json(text + special + text) ==
            written.substr(0, written.size() - 1) +
                rpc::to_json(special).substr(1, rpc::to_json(special).size() - 2) +
                written.substr(1));
    }
  }
}

TEST_CASE("an answer that outgrows its room several times is whole, behind what was there before") {
  std::vector<std::string> texts;
  for (std::size_t size = 0; size < 3000; size += 7) texts.emplace_back(size, 'a' + size % 26);
  std::string out = "before";
  rpc::append_json(out, texts);
  rpc::append_json(out, 7);
  REQUIRE(out.starts_with("before["));
  REQUIRE(out.ends_with("]7"));
  CHECK(json::parse(out.substr(6, out.size() - 7)) == json(texts));
}

TEST_CASE("what some readers take for a line's end is escaped") {
  const std::string text =
      "a\xE2\x80\xA8"
      "b\xE2\x80\xA9\xC2\x85"
      "c\xC2\x86\xE2\x80\xA6";
  CHECK(rpc::to_json(text) == "\"a\\u2028b\\u2029\\u0085c\xC2\x86\xE2\x80\xA6\"");
  CHECK(json::parse(rpc::to_json(text)) == text);
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD and the answer stays valid") {
  CHECK(rpc::to_json(std::string("a\xffz")) == "\"a\xEF\xBF\xBDz\"");
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    CHECK_NOTHROW(json::parse(rpc::to_json(std::string(bad))));
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      CHECK(json::parse(rpc::to_json(text), nullptr, false).is_string());
    }
  }
}

namespace {

struct Sparse {
  rpc::MaybeAbsent<std::string> a;
  rpc::MaybeAbsent<int> b;
  std::string c;
  static constexpr auto fields() {
    return std::tuple(base::field("a", &Sparse::a, ""), base::field("b", &Sparse::b, ""),
                      base::field("c", &Sparse::c, ""));
  }
};

}  // namespace

TEST_CASE("members that may be absent leave no comma behind, wherever they stand") {
  Sparse sparse{{}, {}, "{"};
  CHECK(rpc::to_json(sparse) == R"({"c":"{"})");
  sparse.b.value = 2;
  CHECK(rpc::to_json(sparse) == R"({"b":2,"c":"{"})");
  sparse.a.value = "1";
  CHECK(rpc::to_json(sparse) == R"({"a":"1","b":2,"c":"{"})");
}

TEST_CASE("members come in alphabetical order, with kind among them and null for nothing") {
  rpc::shape::LoadedMessage message;
  message.id = base::MsgId(17);
  message.quote = rpc::shape::MessageQuote{rpc::shape::JustText{"q"}};
  const std::string text = rpc::to_json(rpc::shape::MessageLoadResult{message});
  CHECK(text == json::parse(text).dump());  // the library sorts; ours must be sorted already
  CHECK(text.find(R"("isPinned":false,"kind":"message","originalMsgId":null)") !=
        std::string::npos);
  CHECK(text.find(R"("quote":{"kind":"JustText","text":"q"})") != std::string::npos);
}

TEST_CASE("what was written once shows as itself, and without a text as an empty one") {
  rpc::shape::Contact contact;
  contact.display_name = "Åsa";
  const rpc::Written<rpc::shape::Contact> once = rpc::written(contact);
  const std::string text = rpc::to_json(contact);
  CHECK(rpc::to_json(std::vector{once, once}) == "[" + text + "," + text + "]");
  CHECK(rpc::to_json(rpc::Written<rpc::shape::Contact>()) == rpc::to_json(rpc::shape::Contact()));
  rpc::SchemaBook book;
  CHECK(rpc::schema_of<rpc::Written<rpc::shape::Contact>>(book) ==
        rpc::schema_of<rpc::shape::Contact>(book));
  CHECK(rpc::type_name<rpc::Written<rpc::shape::Contact>>() == "Contact");
}

TEST_CASE("maps keyed by ids have strings for keys") {
  const std::map<base::MsgId, std::string> map{{base::MsgId(9), "a"}, {base::MsgId(10), "b"}};
  CHECK(rpc::to_json(map) == R"({"9":"a","10":"b"})");
}

TEST_CASE("numbers are written in full") {
  CHECK(rpc::to_json(std::int64_t{-9223372036854775807 - 1}) == "-9223372036854775808");
  CHECK(rpc::to_json(std::uint64_t{18446744073709551615U}) == "18446744073709551615");
  CHECK(rpc::to_json(0.5) == "0.5");
  CHECK(rpc::to_json(std::uint16_t{7}) == "7");
}
