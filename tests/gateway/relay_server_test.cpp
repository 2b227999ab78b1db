// A relay's mailboxes: who opens one, who deposits, what is kept and given out.
#include "tests/gateway/relay_world.h"
#include "tests/support/catch.h"

namespace {

using gateway::test::Device;
using gateway::test::envelope;
using gateway::test::eventually;
using gateway::test::OpenMailbox;
using gateway::test::RelayWorld;
using messaging::DepositToken;

}  // namespace

TEST_CASE("a mailbox is opened by its owner alone, and only where the relay admits") {
  RelayWorld world({}, false);
  Device device(world);
  CHECK(device.open() == 403);
  CHECK(device.open("wrong") == 403);
  const std::string token = store::new_admission_token();
  {
    auto db = test::must(store::open_relay_database({.dir = world.store.dir.path()}));
    test::must(store::insert_admission(*db, "boat", store::admission_hash(token), 1));
  }
  CHECK(device.open(token) == 200);
  CHECK(device.open(token) == 200);

  // The name is a hash of the owner's key: another key does not fit it.
  Device thief(world);
  thief.mailbox = device.mailbox;
  CHECK(thief.open(token) == 401);
  thief.challenge();
  CHECK(thief.call("GET", "keys").status == 401);
  // Signed for another relay's URL.
  Device lured(world);
  lured.url = "http://evil.test";
  CHECK(lured.open(token) == 401);

  // Revoked at run time: nothing is given out and nothing taken any more.
  const DepositToken contact = DepositToken::generate();
  CHECK(device.add_key(contact, 1) == 204);
  CHECK(device.deposit(contact, {envelope(1)}).status == 204);
  {
    auto db = test::must(store::open_relay_database({.dir = world.store.dir.path()}));
    test::must(store::revoke_admission(*db, "boat", 2));
  }
  CHECK(device.call("GET", "envelopes").status == 403);
  CHECK(device.deposit(contact, {envelope(1)}).status == 401);
  CHECK(device.open(token) == 403);
}

TEST_CASE_METHOD(OpenMailbox,
                 "deposits wait in order until they are acknowledged, restarts included") {
  CHECK(device.deposit(contact, {envelope(1), envelope(2)}).status == 204);
  CHECK(device.deposit(contact, {envelope(3, 200'000)}).status == 204);
  world.restart();
  REQUIRE(device.open() == 200);
  auto kept = device.poll();
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].envelope == envelope(1));
  CHECK(kept[2].envelope == envelope(3, 200'000));
  CHECK(kept[0].key_id == messaging::deposit_key_id(contact));
  CHECK(device.acknowledge({kept[0].id, kept[1].id, 999}) == 204);
  kept = device.poll();
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].envelope == envelope(3, 200'000));
  // A stranger's mailbox cannot acknowledge it.
  Device other(world);
  REQUIRE(other.open() == 200);
  CHECK(other.acknowledge({kept[0].id}) == 204);
  CHECK(device.poll().size() == 1);
}

TEST_CASE_METHOD(OpenMailbox,
                 "a request that comes again, or with a body changed on the way, is refused") {
  const auto body = gateway::encode_acks({1});
  const std::string headers = device.prove("POST", "acks", body);
  CHECK(device.raw("POST", "acks", std::string(8, 'x'), headers).status == 401);
  CHECK(device.raw("POST", "acks", base::as_text(body), headers).status == 204);
  CHECK(device.raw("POST", "acks", base::as_text(body), headers).status == 401);
  CHECK(device.raw("POST", "acks", base::as_text(body), "").status == 401);
  CHECK(device.call("POST", "acks", base::Bytes(7)).status == 400);
  CHECK(device.call("POST", "keys", base::Bytes(7)).status == 400);
}

TEST_CASE("only registered keys deposit; a removed one is shut out, a rotated one is demoted") {
  RelayWorld world;
  Device device(world);
  REQUIRE(device.open() == 200);
  const DepositToken before = DepositToken::generate();
  const DepositToken after = DepositToken::generate();
  const DepositToken friendly = DepositToken::generate();
  CHECK(device.deposit(before, {envelope(1)}).status == 401);
  REQUIRE(device.add_key(before, 1) == 204);
  REQUIRE(device.add_key(friendly, 2) == 204);
  REQUIRE(device.add_key(after, 1) == 204);
  const base::Bytes large = envelope(9, 100'000);
  CHECK(device.deposit(before, {large}).status == 204);  // both hold until the new one is used
  CHECK(device.deposit(after, {large}).status == 204);
  CHECK(device.deposit(before, {large}).status == 413);  // handshakes alone from now on
  CHECK(device.deposit(before, {envelope(1)}).status == 204);
  CHECK(device.deposit(friendly, {large}).status == 204);
  CHECK(device.remove_key(before) == 204);  // blocked
  CHECK(device.remove_key(after) == 204);
  CHECK(device.deposit(before, {envelope(1)}).status == 401);
  CHECK(device.deposit(after, {envelope(1)}).status == 401);
  CHECK(device.deposit(friendly, {envelope(1)}).status == 204);
  const auto known = gateway::decode_known_keys(base::as_bytes(device.call("GET", "keys").body));
  REQUIRE(known);
  REQUIRE(known->size() == 1);
  CHECK((*known)[0].key_id == messaging::deposit_key_id(friendly));
}

TEST_CASE_METHOD(OpenMailbox, "a deposit played again is answered as before and kept once") {
  const std::string request = device.deposit_request(contact, {envelope(1)});
  for (int i = 0; i < 5; ++i) CHECK(gateway::test::ask(world.port, request).status == 204);
  CHECK(device.poll().size() == 1);
  CHECK(world.part->counters().replayed == 4);
  world.clock.advance(11 * 60'000);  // later its time is over
  CHECK(gateway::test::ask(world.port, request).status == 401);
}

TEST_CASE_METHOD(OpenMailbox,
                 "what nobody fetches goes after its time, but not because a clock jumped") {
  REQUIRE(device.deposit(contact, {envelope(1)}).status == 204);
  world.clock.jump_wall(365LL * 24 * 3600 * 1000);
  world.clock.advance(61'000);
  world.loop->post([] {});
  REQUIRE(device.open() == 200);
  CHECK(device.poll().size() == 1);
  world.clock.jump_wall(-365LL * 24 * 3600 * 1000);
  world.clock.advance(15LL * 24 * 3600 * 1000);
  world.loop->post([] {});
  CHECK(eventually([&] { return world.part->counters().expired == 1; }));
  REQUIRE(device.open() == 200);
  CHECK(device.poll().empty());
}

TEST_CASE_METHOD(OpenMailbox,
                 "what is garbage at a relay's doors gets an answer and leaves nothing behind") {
  const DepositToken stranger = DepositToken::generate();
  for (int i = 0; i < 50; ++i) {
    CHECK(device.deposit(stranger, {envelope(1)}).status == 401);
  }
  auto forged = device.deposit_request(contact, {envelope(1)});
  forged.back() = static_cast<char>(forged.back() ^ 1);  // another body under the proof
  CHECK(gateway::test::ask(world.port, forged).status == 401);
  const base::Bytes lying{0, 0, 0, 9, 1};
  const auto by = messaging::prove_deposit(contact, device.mailbox, world.clock.now(), lying);
  CHECK(gateway::test::ask(world.port,
                           device.request("POST", "envelopes", base::as_text(lying),
                                          "Deposit-Key: " + base::to_hex(by.key_id) +
                                              "\r\nDeposit-Time: " + gateway::format_time(by.time) +
                                              "\r\nDeposit-Mac: " + base::to_hex(by.mac) + "\r\n"))
            .status == 400);
  CHECK(device.deposit(contact, {base::Bytes()}).status == 400);
  CHECK(device.poll().empty());
  CHECK(world.part->counters().unproven >= 51);
  CHECK(world.part->counters().kept == 0);
}
