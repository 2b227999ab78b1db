// What the loop answers itself.
#include <future>
#include <string>
#include <thread>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

TEST_CASE("what memory knows is answered without a worker, and the rest as ever") {
  EchoWorld world;
  CHECK(ask(world.port, post("/quick", "body")).body == "quick body");
  CHECK(ask(world.port, post("/quick", "unknown")).body == "POST /quick local unknown");
  CHECK(ask(world.port, post("/quick?a=1", "body")).body == "POST /quick a=1 local body");
  CHECK(ask(world.port, post("/quick", "throw")).body == "POST /quick local throw");
  std::promise<void> free;
  const auto gate = free.get_future().share();
  for (int i = 0; i < 2; ++i)
    REQUIRE(world.pool.submit(std::to_string(i), [gate] { gate.wait(); }));
  CHECK(ask(world.port, post("/quick", "busy")).body == "quick busy");
  free.set_value();
}

TEST_CASE("quick answers to pipelined requests come in order, in turns with other clients") {
  EchoWorld world;
  Client greedy(world.port);
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    all += post("/quick", i % 500 == 499 ? "unknown" : std::to_string(i));
  }
  std::thread sender([&] { greedy.send(all); });
  CHECK(ask(world.port, post("/quick", "other")).body == "quick other");
  for (int i = 0; i < 3000; ++i) {
    const std::string expected =
        i % 500 == 499 ? "POST /quick local unknown" : "quick " + std::to_string(i);
    const Reply reply = greedy.reply();
    if (reply.body != expected) CHECK(reply.body == expected);
  }
  sender.join();
  CHECK(world.server->stats().requests == 3001);
}

}  // namespace
}  // namespace gateway::test
