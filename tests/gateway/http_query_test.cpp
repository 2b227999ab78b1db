#include <algorithm>

#include "gateway/http/query.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

// "a=1&b=2" of what was parsed; "refused" for nothing.
std::string parsed(std::string_view target) {
  const auto query = parse_query(target);
  if (!query) return "refused";
  std::string out;
  for (const auto& [name, value] : *query) out += (out.empty() ? "" : "&") + name + '=' + value;
  return out;
}

TEST_CASE("a query is names and values, decoded, by name and each name's values in order") {
  CHECK(parsed("/events").empty());
  CHECK(parsed("/events?").empty());
  CHECK(parsed("/events?types=MsgRead") == "types=MsgRead");
  CHECK(parsed("/events?z=1&a=2&z=0&a=1") == "a=2&a=1&z=1&z=0");
  CHECK(parsed("/e?n=a+b%20c%2Bd&%6e=2") == "n=a b c+d&n=2");
  CHECK(parsed("/e?flag&other=") == "flag=&other=");
  CHECK(parsed("/e?&&a=1&") == "a=1");
  CHECK(parsed("/e?=1").empty());
  CHECK(parsed("/e?a=b=c") == "a=b=c");
}

TEST_CASE("a pair that stands twice counts once, and a second question mark ends the query") {
  CHECK(parsed("/e?a=1&a=1") == "a=1");
  CHECK(parsed("/e??a=1") == "a=1");
  CHECK(parsed("/e?a=1?") == "a=1");
  CHECK(parsed("/e?a=1?b=2") == "refused");
  CHECK(parsed("/e?a=1??b") == "refused");
  CHECK(parsed("/e?a=%4") == "refused");
}

}  // namespace

TEST_CASE("one value is that of the whole query, however it is written") {
  for (const char* target : {"/x?stream_id=A&b=1", "/x?b=1&stream%5fid=A", "/x??stream_id=A",
                             "/x?stream%5fid=A&stream_id=B", "/x?=1&stream_id=A&stream_id=B",
                             "/x?&&stream_id=%41", "/x?stream_id=A?"}) {
    INFO(target);
    CHECK(query_value(target, "stream_id") == "A");
    const auto query = parse_query(target);
    REQUIRE(query);
    const auto first = std::find_if(query->begin(), query->end(),
                                    [](const auto& one) { return one.first == "stream_id"; });
    REQUIRE(first != query->end());
    CHECK(first->second == "A");
  }
  for (const char* target : {"/x", "/x?", "/x?stream=A", "/x?stream_id=%4", "/x?a?stream_id=A"}) {
    INFO(target);
    CHECK_FALSE(query_value(target, "stream_id"));
  }
}

}  // namespace gateway
