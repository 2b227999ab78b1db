// The names of messaging events come from the variant of messaging/model/events.h alone.
#include <fstream>
#include <iterator>
#include <set>

#include "gateway/hub/filter.h"
#include "messaging/model/channel_rules.h"
#include "messaging/model/events.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

namespace gateway::test {
namespace {

TEST_CASE("every messaging event has a name, a doc and a number of its own") {
  std::set<std::string_view> names;
  std::set<std::uint16_t> kinds;
  for (const messaging::EventRow& row : messaging::event_rows()) {
    INFO(row.name);
    CHECK_FALSE(row.name.empty());
    CHECK_FALSE(row.doc.empty());
    CHECK(row.kind != 0);
    CHECK(names.insert(row.name).second);
    CHECK(kinds.insert(row.kind).second);
  }
  // And ChannelEvent, and the four that follow from others (rpc/derived_events.h).
  CHECK(names.size() + 5 == std::variant_size_v<messaging::EventBody>);
}

TEST_CASE("a stream may ask for every messaging event by name, and no publisher may use the name") {
  std::ifstream in(::test::source_path("docs/api.md"), std::ios::binary);
  const std::string listed((std::istreambuf_iterator<char>(in)), {});
  for (const messaging::EventRow& row : messaging::event_rows()) {
    INFO(row.name);
    const std::string name(row.name);
    CHECK(parse_stream_options({{"types", name}}, std::nullopt));
    CHECK(messaging::is_reserved_type(name));
    CHECK(listed.find("\n| " + name + " | " + std::string(row.doc) + " |") != std::string::npos);
  }
  CHECK_FALSE(parse_stream_options({{"types", "ChannelEvent"}}, std::nullopt));
  CHECK_FALSE(parse_stream_options({{"types", "IncomingMessage"}}, std::nullopt));
  CHECK_FALSE(messaging::is_reserved_type("Alarm"));
}

}  // namespace
}  // namespace gateway::test
