#include "messaging/kernel/core.h"
#include "tests/support/world.h"

using namespace test;

TEST_CASE("the listener gets the event that was written, not what its record decodes to") {
  World world;
  Peer& alice = world.alice;
  // A record with a text of this size does not decode: the listener's event cannot come from it.
  const std::string text(70'000, 'x');
  alice.forget_events();
  const auto done = alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(kernel::Core::emit(tx, AccountId(1), Info{text}));
    return kernel::Core::emit(tx, AccountId(1), IncomingMsg{ChatId(7), MsgId(8)});
  });
  REQUIRE(done);
  CHECK_FALSE(decode_event(Info::kKind, encode_event(Info{text})));
  CHECK(alice.events_of<Info>() == std::vector{Info{text}});
  CHECK(alice.events_of<IncomingMsg>() == std::vector{IncomingMsg{ChatId(7), MsgId(8)}});
}

TEST_CASE("an event of a write that failed reaches no listener") {
  World world;
  Peer& alice = world.alice;
  alice.forget_events();
  const auto done = alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(kernel::Core::emit(tx, AccountId(1), Info{"never"}));
    return base::fail(base::Errc::invalid_argument, "no");
  });
  CHECK_FALSE(done);
  alice.store().writer().flush();
  CHECK(alice.events_of<Info>().empty());
}
