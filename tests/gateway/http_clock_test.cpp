// What time ends: idle, slow and stalled clients, and the server itself.
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

TEST_CASE("idle connections, slow heads and stalled bodies end by the clock") {
  EchoWorld world;
  Client idle(world.port), slow_head(world.port), slow_body(world.port), used(world.port);
  used.send(get("/echo"));
  CHECK(used.reply().status == 200);
  slow_head.send("GET /echo HTTP/1.1\r\nHost:");
  slow_body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  REQUIRE(eventually([&] {
    return world.server->stats().connections == 4 && world.server->stats().buffered_bodies == 3;
  }));
  Client probe(world.port);  // answered after what came before it was read
  probe.send(get("/loop"));
  CHECK(probe.reply().status == 200);
  world.advance(30'001);
  CHECK(slow_head.reply().status == 408);
  CHECK(slow_body.reply().status == 408);
  world.advance(30'000);
  used.send(get("/echo"));  // 60 s: still within 75
  CHECK(used.reply().status == 200);
  world.advance(20'000);
  CHECK(idle.closed_by_server());
  used.send(get("/echo"));
  CHECK(used.reply().status == 200);
}

TEST_CASE("a body that trickles in fast enough may take its time") {
  EchoWorld world;
  Client client(world.port);
  client.send(
      "POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
      "10240\r\n\r\n");
  for (std::size_t sent = 1024; sent <= 10240; sent += 1024) {
    client.send(std::string(1024, 'x'));
    if (sent == 10240) break;
    REQUIRE(eventually([&] { return world.server->stats().buffered_bodies == sent; }));
    world.advance(20'000);
  }
  CHECK(client.reply().status == 200);
}

TEST_CASE("a client that went away half-closed while parked is given up after a while") {
  EchoWorld world;
  Client client(world.port);
  client.send(get("/slow"));
  client.half_close();
  REQUIRE(eventually([&] { return world.parked->count() == 1; }));
  Client probe(world.port);
  probe.send(get("/loop"));
  CHECK(probe.reply().status == 200);
  world.advance(30'001);
  CHECK(client.closed_by_server());
  CHECK(world.parked->waiting[0].client_gone());
}

TEST_CASE("a client that never reads is cut off, and its requests stop being taken") {
  EchoWorld world;
  Client client(world.port, 4096);
  std::string burst;
  for (int i = 0; i < 64; ++i) burst += post("/json", std::string(100'000, 'x'));
  std::thread sender([&] { client.send(burst); });
  // Others are answered meanwhile, and of this one nothing more is taken.
  std::uint64_t others = 0;
  const auto taken = [&] { return world.server->stats().requests - others; };
  REQUIRE(eventually([&] {
    const std::uint64_t before = taken();
    for (int i = 0; i < 20; ++i, ++others) CHECK(ask(world.port, get("/loop")).status == 200);
    return before > 0 && taken() == before;
  }));
  CHECK(taken() < 64);
  CHECK(eventually([&] {
    world.advance(60'001);
    return world.server->stats().connections == 0;
  }));
  ::shutdown(client.fd(), SHUT_RDWR);
  sender.join();
}

TEST_CASE("stopping finishes what runs, refuses what is parked and closes the rest") {
  EchoWorld world;
  Client idle(world.port), parked(world.port), late(world.port);
  parked.send(get("/slow"));
  late.send(get("/slow"));
  REQUIRE(eventually(
      [&] { return world.parked->count() == 2 && world.server->stats().connections == 3; }));
  auto stopping = std::async(std::launch::async, [&] { world.stop(1000); });
  CHECK(idle.closed_by_server());
  {
    const std::lock_guard lock(world.parked->mutex);
    world.parked->waiting[0].answer(Response::json("done in time"));
  }
  const Reply first = parked.reply();
  const Reply second = late.reply();
  CHECK(std::set<int>{first.status, second.status} == std::set<int>{200, 503});
  stopping.get();
  CHECK(world.server->stats().connections == 0);
  CHECK_THROWS(Client(world.port));
}

}  // namespace
}  // namespace gateway::test
