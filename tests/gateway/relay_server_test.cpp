#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "tests/gateway/relay_world.h"
#include "tests/support/catch.h"

namespace {

using gateway::EnvelopeFrame;
using gateway::Frame;
using gateway::FrameReader;
using gateway::GoodbyeFrame;
using gateway::KeyPurpose;
using gateway::PingFrame;
using gateway::RelayLimits;
using gateway::test::Client;
using gateway::test::Device;
using gateway::test::eventually;
using gateway::test::RelayWorld;
using messaging::DepositToken;

base::Bytes envelope(std::uint8_t n, std::size_t size = 100) { return base::Bytes(size, n); }

// Up to the blank line and no further: what follows is frames.
std::string read_head(const Client& client) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
    head += byte;
  }
  return head;
}

// A stream as it is read from the socket.
struct Stream {
  Client client;
  FrameReader reader;
  std::vector<Frame> frames;
  std::size_t at = 0;

  explicit Stream(Device& device) : client(device.world.port) {
    client.send("GET " + gateway::relay_path(device.mailbox, "stream") +
                " HTTP/1.1\r\nHost: localhost\r\n" + device.prove("GET", "stream", {}) + "\r\n");
    REQUIRE(read_head(client).find(" 200 ") != std::string::npos);
  }
  Frame next() {
    while (at == frames.size()) {
      char byte = 0;
      REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
      for (Frame& frame : test::must(reader.feed(base::as_bytes(std::string_view(&byte, 1))))) {
        frames.push_back(std::move(frame));
      }
    }
    return frames[at++];
  }
  EnvelopeFrame next_envelope() {
    for (;;) {
      Frame frame = next();
      if (auto* one = std::get_if<EnvelopeFrame>(&frame)) return *one;
    }
  }
};

// A relay with one device whose mailbox is open, and a contact whose key is registered there.
struct OpenMailbox {
  RelayWorld world;
  Device device{world};
  const DepositToken contact = DepositToken::generate();

  OpenMailbox() {
    REQUIRE(device.open() == 200);
    REQUIRE(device.add_key(contact, 1) == 204);
  }
};

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

TEST_CASE_METHOD(OpenMailbox,
                 "a stream pings at once, gives what waits, and what comes arrives at once") {
  REQUIRE(device.deposit(contact, {envelope(1)}).status == 204);
  Stream stream(device);
  CHECK(std::holds_alternative<PingFrame>(stream.next()));
  CHECK(stream.next_envelope().envelope == envelope(1));
  REQUIRE(device.deposit(contact, {envelope(2)}).status == 204);
  const EnvelopeFrame second = stream.next_envelope();
  CHECK(second.envelope == envelope(2));
  // Nothing was acknowledged: a new stream takes over and begins from the start.
  Stream again(device);
  CHECK(again.next_envelope().envelope == envelope(1));
  CHECK(again.next_envelope().envelope == envelope(2));
  Frame end = stream.next();
  REQUIRE(std::holds_alternative<GoodbyeFrame>(end));
  CHECK(std::get<GoodbyeFrame>(end).reason == gateway::GoodbyeReason::replaced);
  CHECK(stream.client.closed_by_server());
  world.stop();
  end = again.next();
  REQUIRE(std::holds_alternative<GoodbyeFrame>(end));
  CHECK(std::get<GoodbyeFrame>(end).reason == gateway::GoodbyeReason::stopping);
}

TEST_CASE_METHOD(OpenMailbox,
                 "a stream sends no more than its window until something is acknowledged") {
  for (std::uint8_t i = 0; i < 12; ++i) {
    REQUIRE(device.deposit(contact, {envelope(i, 1'000'000)}).status == 204);
  }
  Client reader(world.port);
  reader.send("GET " + gateway::relay_path(device.mailbox, "stream") +
              " HTTP/1.1\r\nHost: localhost\r\n" + device.prove("GET", "stream", {}) + "\r\n");
  read_head(reader);
  FrameReader frames;
  std::vector<std::int64_t> ids;
  std::vector<char> piece(256 * 1024);
  const auto take = [&](std::size_t until) {
    while (ids.size() < until) {
      const auto got = ::recv(reader.fd(), piece.data(), piece.size(), 0);
      REQUIRE(got > 0);
      for (const Frame& frame : test::must(frames.feed(
               base::as_bytes(std::string_view(piece.data(), static_cast<std::size_t>(got)))))) {
        if (const auto* one = std::get_if<EnvelopeFrame>(&frame)) ids.push_back(one->id);
      }
    }
  };
  take(5);
  // The window is 4 MiB: the sixth does not come by itself.
  pollfd quiet{reader.fd(), POLLIN, 0};
  CHECK(::poll(&quiet, 1, 200) == 0);
  CHECK(frames.at_boundary());
  CHECK(device.acknowledge(ids) == 204);
  take(10);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE_METHOD(OpenMailbox, "a device that says nothing for minutes is taken for gone") {
  Stream stream(device);
  CHECK(std::holds_alternative<PingFrame>(stream.next()));
  const auto later = [&] {
    world.clock.advance(30'000);
    world.loop->post([] {});
  };
  for (int i = 0; i < 3; ++i) {
    later();
    CHECK(std::holds_alternative<PingFrame>(stream.next()));
    CHECK(device.acknowledge({}) == 204);  // a ping
  }
  CHECK(eventually([&] {
    later();
    pollfd end{stream.client.fd(), POLLRDHUP, 0};
    return ::poll(&end, 1, 0) == 1;
  }));
  CHECK(stream.client.closed_by_server());
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
