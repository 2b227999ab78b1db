#include "base/log_record.h"
#include "tests/support/catch.h"

using base::log::Format;
using base::log::Level;
using base::log::line_of;

TEST_CASE("a text line has a time, a level, what happened and its fields") {
  CHECK(line_of(Format::text, 1'800'000'000'123, Level::warning, "answered", "r-1",
                {{"status", std::int64_t{503}}, {"ms", 1.5}, {"endpoint", "/rpc"}, {"key", ""}}) ==
        "2027-01-15T08:00:00.123Z warning answered status=503 ms=1.500 endpoint=/rpc key=\"\" "
        "request=r-1");
}

TEST_CASE("a JSON line is one object, whatever it holds") {
  CHECK(
      line_of(Format::json, 0, Level::info, "a \"b\"\n\\c", "", {{"n", std::int64_t{-1}}}) ==
      R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"a \"b\"\u000a\\c","n":-1})");
}

TEST_CASE("nothing that is logged can begin a line of its own") {
  const std::string line =
      line_of(Format::text, 0, Level::error, "x\n2027 error forged", "", {{"f", "a\nb c"}});
  CHECK(line.find('\n') == std::string::npos);
}
