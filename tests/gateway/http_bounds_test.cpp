// Bodies and answers: how large they may be, alone and all together.
#include <string>
#include <vector>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

TEST_CASE(
    "a body over the limit is refused before it is read, and after the limit when it hides its "
    "size") {
  EchoWorld world;
  Client known(world.port);
  known.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  const Reply early = known.reply();
  CHECK(early.status == 413);
  CHECK(early.field("Connection") == "close");
  Client hidden(world.port);
  hidden.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n");
  CHECK(hidden.reply().status == 413);
  CHECK(ask(world.port,
            "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n")
            .status == 413);
  CHECK(ask(world.port, "GET /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").status ==
        413);
}

TEST_CASE("a refused client can still send its whole body and read why it was refused") {
  EchoWorld world;
  Client client(world.port);
  const std::string body(8 << 20, 'x');
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  client.send(body);  // all of it, without looking
  CHECK(client.reply().status == 413);
}

TEST_CASE("100-continue is answered after the head was judged") {
  EchoWorld world;
  Client welcome(world.port);
  welcome.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(welcome.reply().status == 100);
  welcome.send("hi");
  CHECK(welcome.reply().body == "POST /echo local hi");
  Client refused(world.port);
  refused.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(refused.reply().status == 413);
  Client impatient(world.port);
  impatient.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");
  CHECK(impatient.reply().status == 200);
}

TEST_CASE("bodies under way are bounded all together") {
  EchoWorld world({.max_buffered_bodies = 100'000});
  Client first(world.port);
  first.send(
      "POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
      "90001\r\n\r\n" +
      std::string(90'000, 'x'));
  REQUIRE(eventually([&] { return world.server->stats().buffered_bodies == 90'000; }));
  Client second(world.port);
  second.send(post("/json", std::string(20'000, 'y')));
  CHECK(second.reply().status == 503);
  first.send("z");
  CHECK(first.reply().status == 200);
  CHECK(eventually([&] { return world.server->stats().buffered_bodies == 0; }));
  CHECK(ask(world.port, post("/json", std::string(20'000, 'y'))).status == 200);
}

TEST_CASE("large bodies that fill what all may take leave room for small ones") {
  EchoWorld world({.max_buffered_bodies = 100'000});
  const auto large = [](std::size_t size) {
    return "POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(size) + "\r\n\r\n";
  };
  Client hog(world.port);
  hog.send(large(100'001) + std::string(100'000, 'x'));
  REQUIRE(eventually([&] { return world.server->stats().buffered_bodies == 100'000; }));
  CHECK(ask(world.port, post("/json", std::string(90, 'y'))).status == 200);
  CHECK(ask(world.port, post("/json", std::string(2'000, 'y'))).status == 503);
}

TEST_CASE("answers that nobody takes are bounded all together: who holds most is closed") {
  constexpr std::size_t kMost = 25 * 1024 * 1024;
  EchoWorld world({.max_unsent = kMost});
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(world.port, 4096);
    clients.back().send(get("/slow"));
  }
  REQUIRE(eventually([&] { return world.parked->count() == 3; }));
  const std::string answer(16 * 1024 * 1024, 'a');  // of which the kernel takes 4 MiB or so
  world.parked->answer_all(answer);
  REQUIRE(eventually([&] {
    const auto stats = world.server->stats();
    return stats.connections < 3 && stats.unsent > 0 && stats.unsent <= kMost;
  }));
  int whole = 0;
  for (Client& client : clients) whole += client.reply().body.size() == answer.size() ? 1 : 0;
  CHECK(whole >= 1);
  CHECK(whole < 3);
  CHECK(eventually([&] { return world.server->stats().unsent == 0; }));
}

}  // namespace
}  // namespace gateway::test
