// Where it listens, and for whom.
#include <string>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

TEST_CASE("a listener for peers serves what is for peers and nothing else") {
  EchoWorld world({}, 2, true);
  CHECK(ask(world.peer_port, post("/relay", "x")).status == 200);
  CHECK(ask(world.peer_port, get("/echo")).status == 404);
  CHECK(ask(world.peer_port, post("/json", "{}")).status == 404);
}

TEST_CASE("a taken port and a foreign address are errors that say what to do") {
  EchoWorld world;
  HttpServer other(*world.loop, world.pool);
  const auto taken = other.listen({"127.0.0.1", world.port});
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().message.find("is taken") != std::string::npos);
  CHECK(taken.error().message.find("--listen") != std::string::npos);
  CHECK(other.listen({"192.0.2.1", 0}).error().message.find("no such address") !=
        std::string::npos);
  CHECK_FALSE(other.listen({"no-such-host.invalid", 0}).ok());
}

TEST_CASE("listen addresses are read strictly") {
  CHECK(parse_host_port("127.0.0.1:7200")->port == 7200);
  CHECK(parse_host_port("[::1]:0")->host == "::1");
  CHECK(parse_host_port("0.0.0.0:80")->is_wildcard());
  for (const char* bad : {"", "7200", ":80", "localhost", "localhost:", "h:65536", "h:-1", "h:1x",
                          "::1:80", "[h]:1"}) {
    INFO(bad);
    CHECK_FALSE(parse_host_port(bad).ok());
  }
}

}  // namespace
}  // namespace gateway::test
