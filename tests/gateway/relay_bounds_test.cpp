// What a relay keeps for whom, and whom it refuses when there is too much.
#include "tests/gateway/relay_world.h"
#include "tests/support/catch.h"

namespace {

using gateway::KeyPurpose;
using gateway::RelayLimits;
using gateway::test::Device;
using gateway::test::envelope;
using gateway::test::eventually;
using gateway::test::RelayWorld;
using gateway::test::Stream;
using messaging::DepositToken;

}  // namespace

TEST_CASE("a full mailbox is refused with 507, and hurts neither its other contacts nor others") {
  RelayLimits limits;
  limits.mailbox_bytes = 10'000;
  limits.depositor_bytes = 4'100;  // a head tells the length of the list as well
  RelayWorld world(limits);
  Device device(world);
  Device other(world);
  REQUIRE(device.open() == 200);
  REQUIRE(other.open() == 200);
  const DepositToken flood = DepositToken::generate();
  const DepositToken quiet = DepositToken::generate();
  REQUIRE(device.add_key(flood, 1) == 204);
  REQUIRE(device.add_key(quiet, 2) == 204);
  REQUIRE(other.add_key(quiet, 1) == 204);
  int stored = 0;
  gateway::test::Reply last;
  for (int i = 0; i < 20; ++i) {
    last = device.deposit(flood, {envelope(static_cast<std::uint8_t>(i), 1'000)});
    if (last.status == 204) ++stored;
  }
  CHECK(stored == 4);
  CHECK(last.status == 507);
  CHECK(last.field("Retry-After") == "10");
  CHECK(device.deposit(quiet, {envelope(1, 1'000)}).status == 204);
  CHECK(other.deposit(quiet, {envelope(1, 1'000)}).status == 204);
  const auto kept = device.poll();
  REQUIRE(kept.size() == 5);
  CHECK(device.acknowledge({kept[0].id}) == 204);
  CHECK(device.deposit(flood, {envelope(1, 1'000)}).status == 204);  // room again
}

TEST_CASE("the relay as a whole and an admission have their limits") {
  RelayLimits limits;
  limits.total_bytes = 5'000;
  limits.mailboxes = 2;
  RelayWorld world(limits);
  Device a(world);
  Device b(world);
  Device c(world);
  const DepositToken token = DepositToken::generate();
  REQUIRE(a.open() == 200);
  REQUIRE(a.add_key(token, 1) == 204);
  REQUIRE(b.open() == 200);
  REQUIRE(b.add_key(token, 1) == 204);
  CHECK(c.open() == 507);
  CHECK(a.deposit(token, {envelope(1, 3'000)}).status == 204);
  CHECK(b.deposit(token, {envelope(1, 3'000)}).status == 507);
  CHECK(b.deposit(token, {envelope(1, 1'000)}).status == 204);
}

TEST_CASE("an invite's key takes small deposits, and so many an hour") {
  RelayLimits limits;
  limits.invite_per_hour = 3;
  RelayWorld world(limits);
  Device device(world);
  REQUIRE(device.open() == 200);
  const DepositToken invite = DepositToken::generate();
  REQUIRE(device.add_key(invite, 1, KeyPurpose::handshakes) == 204);
  CHECK(device.deposit(invite, {envelope(1, 65'536)}).status == 413);  // with its length over it
  for (std::uint8_t i = 0; i < 3; ++i) CHECK(device.deposit(invite, {envelope(i)}).status == 204);
  const auto refused = device.deposit(invite, {envelope(4)});
  CHECK(refused.status == 429);
  CHECK(refused.field("Retry-After") == "1200");
  world.clock.advance(3'600'000);
  CHECK(device.deposit(invite, {envelope(4)}).status == 204);
  // Each envelope is a request.
  CHECK(device.deposit(invite, {envelope(5), envelope(6), envelope(7)}).status == 429);
  CHECK(device.deposit(invite, {envelope(5), envelope(6)}).status == 204);
  CHECK(device.deposit(invite, {envelope(7)}).status == 429);
  world.clock.advance(3'600'000);
  const std::vector<base::Bytes> many(4, envelope(8));
  CHECK(device.deposit(invite, many).status == 413);  // more than an hour's: never
  CHECK(device.deposit(invite, {envelope(9)}).status == 204);
}

TEST_CASE("owners of mailboxes that never come to be are not remembered, and lock nobody out") {
  RelayLimits limits;
  limits.admission_mailboxes = 3;
  RelayWorld world(limits, false);
  const std::string flood = store::new_admission_token();
  const std::string quiet = store::new_admission_token();
  {
    auto db = test::must(store::open_relay_database({.dir = world.store.dir.path()}));
    test::must(store::insert_admission(*db, "flood", store::admission_hash(flood), 1));
    test::must(store::insert_admission(*db, "quiet", store::admission_hash(quiet), 1));
  }
  const DepositToken token = DepositToken::generate();
  for (int i = 0; i < 3; ++i) {
    Device used(world);
    REQUIRE(used.open(flood) == 200);
    REQUIRE(used.add_key(token, 1) == 204);
  }
  for (int i = 0; i < 50; ++i) CHECK(Device(world).open(flood) == 507);
  CHECK(world.part->remembered_owners() == 3);
  Device other(world);
  REQUIRE(other.open(quiet) == 200);
  CHECK(other.add_key(token, 1) == 204);
  CHECK(world.part->remembered_owners() == 4);
}

TEST_CASE("a mailbox that holds nothing makes room for another of the same party, and only that") {
  RelayLimits limits;
  limits.address_mailboxes = 2;
  RelayWorld world(limits);
  const DepositToken token = DepositToken::generate();
  Device neighbour(world, "192.0.2.9");
  REQUIRE(neighbour.open() == 200);
  Device empty(world, "192.0.2.1");
  REQUIRE(empty.open() == 200);
  Device used(world, "192.0.2.1");
  REQUIRE(used.open() == 200);
  REQUIRE(used.add_key(token, 1) == 204);
  Device next(world, "192.0.2.1");
  REQUIRE(next.open() == 200);
  CHECK(empty.call("GET", "keys").status == 401);  // gone; its owner opens it anew when it comes
  CHECK(next.add_key(token, 1) == 204);
  CHECK(Device(world, "192.0.2.1").open() == 507);  // both are used
  CHECK(Device(world, "192.0.2.2").open() == 200);
  CHECK(neighbour.call("GET", "keys").status == 200);
  CHECK(used.call("GET", "keys").status == 200);
  CHECK(used.open() == 200);
  // What a proxy was told by its client stands before what it saw itself.
  CHECK(Device(world, "198.51.100.7, 192.0.2.1").open() == 507);
  // An IPv6 network is one address.
  for (const char* address : {"2001:db8::1", "2001:db8::2"}) {
    Device device(world, address);
    REQUIRE(device.open() == 200);
    REQUIRE(device.add_key(token, 1) == 204);
  }
  CHECK(Device(world, "2001:db8::3").open() == 507);
}

TEST_CASE("where the relay is full, a mailbox that holds nothing and has no stream goes first") {
  RelayLimits limits;
  limits.mailboxes = 3;
  RelayWorld world(limits);
  Device present(world, "192.0.2.1");
  REQUIRE(present.open() == 200);
  const Stream stream(present);
  world.clock.advance(1000);
  Device used(world, "192.0.2.2");
  REQUIRE(used.open() == 200);
  REQUIRE(used.add_key(DepositToken::generate(), 1) == 204);
  Device empty(world, "192.0.2.3");
  REQUIRE(empty.open() == 200);
  Device next(world, "192.0.2.4");
  REQUIRE(next.open() == 200);
  CHECK(empty.call("GET", "keys").status == 401);
  CHECK(present.call("GET", "keys").status == 200);
  CHECK(used.call("GET", "keys").status == 200);
}

TEST_CASE("new mailboxes of one party come at a rate, known ones as often as they like") {
  RelayLimits limits;
  limits.new_mailboxes_at_once = 2;
  RelayWorld world(limits);
  Device first(world, "192.0.2.1");
  REQUIRE(first.open() == 200);
  REQUIRE(Device(world, "192.0.2.1").open() == 200);
  CHECK(Device(world, "192.0.2.1").open() == 429);
  CHECK(first.open() == 200);
  CHECK(Device(world, "192.0.2.2").open() == 200);
  world.clock.advance(500);
  CHECK(Device(world, "192.0.2.1").open() == 200);
}

TEST_CASE("a mailbox without a key and an envelope goes after a day without its owner") {
  RelayWorld world;
  Device empty(world);
  Device known(world);
  REQUIRE(empty.open() == 200);
  REQUIRE(known.open() == 200);
  REQUIRE(known.add_key(DepositToken::generate(), 1) == 204);
  CHECK(world.part->remembered_owners() == 2);
  world.clock.advance(25LL * 3600 * 1000);
  world.loop->post([] {});
  CHECK(eventually([&] { return world.part->holdings()->mailboxes == 1; }));
  CHECK(eventually([&] { return world.part->remembered_owners() == 1; }));
  REQUIRE(known.open() == 200);
  CHECK(known.call("GET", "keys").body.size() == 17);
  CHECK(empty.open() == 200);
}

TEST_CASE("the keys of all mailboxes of one party are bounded together") {
  RelayLimits limits;
  limits.admission_keys = 3;
  limits.all_keys = 5;
  RelayWorld world(limits);
  std::uint8_t pseudonym = 0;
  const auto add = [&](Device& device) {
    return device.add_key(DepositToken::generate(), ++pseudonym);
  };
  Device one(world, "192.0.2.1");
  Device two(world, "192.0.2.1");
  Device three(world, "192.0.2.3");
  for (Device* device : {&one, &two, &three}) REQUIRE(device->open() == 200);
  const DepositToken removable = DepositToken::generate();
  CHECK(one.add_key(removable, 100) == 204);
  CHECK(add(one) == 204);
  CHECK(add(two) == 204);
  CHECK(add(two) == 507);
  CHECK(add(one) == 507);
  CHECK(add(three) == 204);
  CHECK(add(three) == 204);
  CHECK(add(three) == 507);  // the relay as a whole
  CHECK(one.remove_key(removable) == 204);
  CHECK(add(two) == 204);
}
