// Items that an answer leases are returned unless the kernel took the answer for a client that was
// still there; and work ends with its connection.
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

struct HandoverWorld : EchoWorld {
  // Parks a request and returns its client.
  Client park(int receive_buffer = 0) {
    Client client(port, receive_buffer);
    client.send(get("/slow"));
    REQUIRE(eventually([&] { return parked->count() == 1; }));
    return client;
  }
  // Answers the parked request with something taken.
  void answer(std::string text = "taken") {
    const auto leased = std::make_shared<base::LeasedItems>();
    leased->add([this] { ++back; });
    Response response = Response::json(std::move(text));
    response.taken = base::Lease(leased);
    std::vector<Responder> waiting;
    {
      const std::lock_guard lock(parked->mutex);
      waiting.swap(parked->waiting);
    }
    waiting.at(0).answer(std::move(response));
  }
  bool client_is_gone() {
    const std::lock_guard lock(parked->mutex);
    return parked->waiting.at(0).client_gone();
  }
  bool input_has_ended() {
    const std::lock_guard lock(parked->mutex);
    return parked->waiting.at(0).input_ended().cancelled();
  }
  std::atomic<int> back{0};
};

void reset(Client client) {
  const linger now{1, 0};
  setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

TEST_CASE("an answer that was read takes along what it took") {
  HandoverWorld world;
  Client client = world.park();
  CHECK_FALSE(world.input_has_ended());
  world.answer();
  CHECK(client.reply().body == "taken");
  // The next answer on the connection comes after the receipt of the first.
  CHECK(client.send(get("/echo")).reply().status == 200);
  CHECK(world.back == 0);
}

TEST_CASE("a client that closed, reset or half-closed takes nothing") {
  HandoverWorld world;
  SECTION("closed") {
    { const Client client = world.park(); }
    REQUIRE(eventually([&] { return world.input_has_ended(); }));
    world.answer();
  }
  SECTION("reset") {
    reset(world.park());
    REQUIRE(eventually([&] { return world.client_is_gone(); }));
    CHECK(world.input_has_ended());
    world.answer();
  }
  SECTION("half-closed") {
    Client client = world.park();
    client.half_close();
    REQUIRE(eventually([&] { return world.input_has_ended(); }));
    world.answer();
    CHECK(client.read_to_end().find("taken") == std::string::npos);
  }
  SECTION("closed at the very moment") {
    Client client = world.park();
    world.loop->post([&] {  // the loop has not seen the end when the answer comes
      ::shutdown(client.fd(), SHUT_RDWR);
      world.answer();
    });
    CHECK(eventually([&] { return world.back == 1; }));
  }
  CHECK(eventually([&] { return world.back == 1; }));
}

TEST_CASE("an answer of which the client took a part only comes back") {
  HandoverWorld world;
  {
    const Client client = world.park(4096);
    world.answer(std::string(8 * 1024 * 1024, 'x'));
    REQUIRE(eventually([&] { return world.server->stats().unsent > 0; }));
    CHECK(world.back == 0);
  }
  CHECK(eventually([&] { return world.back == 1; }));
}

TEST_CASE("a half-closed client gets its answer, and one that has closed is found out") {
  EchoWorld world;
  SECTION("half-closed") {
    Client client(world.port);
    client.send(get("/slow"));
    client.half_close();
    REQUIRE(eventually([&] { return world.parked->count() == 1; }));
    // Sent to find out whether somebody is there; a client reads past it.
    REQUIRE(eventually([&] {
      world.advance(300);
      pollfd ready{client.fd(), POLLIN, 0};
      return ::poll(&ready, 1, 0) > 0;
    }));
    CHECK(client.reply(true).status == 100);
    world.parked->answer_all("late");
    Reply reply = client.reply();
    while (reply.status == 100) reply = client.reply();
    CHECK(reply.body == "late");
  }
  SECTION("closed") {
    {
      Client client(world.port);
      client.send(get("/slow"));
      REQUIRE(eventually([&] { return world.parked->count() == 1; }));
    }
    CHECK(eventually([&] {
      world.advance(300);
      return world.server->stats().connections == 0;
    }));
    const std::lock_guard lock(world.parked->mutex);
    CHECK(world.parked->waiting[0].closed().cancelled());
  }
}

TEST_CASE("a request that waits for a worker is never run once its connection has closed") {
  EchoWorld world({}, 1);
  std::atomic<bool> go{false};
  std::atomic<bool> started{false};
  REQUIRE(world.pool.submit("other", [&] {
    started = true;
    while (!go) std::this_thread::yield();
  }));
  REQUIRE(eventually([&] { return started.load(); }));
  {
    Client client(world.port);
    client.send(get("/slow"));
    REQUIRE(eventually([&] { return world.pool.waiting() == 1; }));
    reset(std::move(client));
  }
  // What is left is the destruction of the request.
  REQUIRE(eventually([&] { return world.server->stats().connections == 0; }));
  go = true;
  REQUIRE(eventually([&] { return world.pool.waiting() == 0; }));
  CHECK(ask(world.port, get("/echo")).status == 200);
  CHECK(world.parked->count() == 0);
}

}  // namespace
}  // namespace gateway::test
