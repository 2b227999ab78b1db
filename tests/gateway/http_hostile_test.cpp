// Bad requests of every kind: the right status or a close, and the others served meanwhile.
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "gateway/endpoints/endpoints.h"
#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

constexpr std::size_t kBig = 64 * 1024;  // the body of GET /big

struct HostileWorld : HttpWorld {
  explicit HostileWorld(HttpOptions options = {})
      : HttpWorld(
            [](RouteTable& routes) {
              add_health_endpoint(routes, "1", [] { return std::vector<std::string>{}; });
              routes.add(
                  {.method = "GET", .path = "/big", .handle = [](Request, Responder responder) {
                     responder.answer(Response::json(std::string(kBig, 'x')));
                   }});
              routes.add({.method = "POST",
                          .path = "/rpc",
                          .handle =
                              [](Request request, Responder responder) {
                                responder.answer(
                                    Response::json("got " + std::to_string(request.body.size())));
                              },
                          .body_limit = 16 << 20,
                          .json_only = true});
            },
            std::move(options)) {}
  bool healthy() { return ask(port, get("/health")).status == 200; }
};

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

// The status of the first answer and that nothing after it was answered: a smuggled request.
int first_and_only(std::uint16_t port, const std::string& bytes) {
  Client client(port);
  client.send(bytes);
  const Reply reply = client.reply();
  const std::string rest = client.read_to_end();
  CHECK(rest.find("HTTP/1.1") == std::string::npos);
  return reply.status;
}

TEST_CASE("no form of smuggling gets a second request past the first") {
  HostileWorld world;
  const std::string hidden = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string line = "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
  CHECK(first_and_only(world.port,
                       line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                           hidden) == 400);
  CHECK(first_and_only(world.port,
                       line + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" +
                           hidden) == 400);
  CHECK(first_and_only(world.port,
                       line + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + "Content-Length: 0,44\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + "Content-Length : 44\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + "Content-Length: +0\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + "Content-Length: -1\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line +
                                       "Transfer-Encoding:\x0b"
                                       "chunked\r\n\r\n" +
                                       hidden) == 400);
  CHECK(first_and_only(world.port, line + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" +
                                       hidden) == 501);
  CHECK(first_and_only(world.port, line + "Transfer-Encoding: identity\r\n\r\n" + hidden) == 501);
  CHECK(first_and_only(world.port, line + "Transfer-Encoding\n: chunked\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + " Content-Length: 44\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port, line + "X: y\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port,
                       line + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n" + hidden) ==
        400);
  CHECK(first_and_only(world.port,
                       line + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(world.port,
                       line + "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n" + hidden) == 400);
  CHECK(first_and_only(
            world.port,
            "GET /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden) == 400);
  // A refused request with a body takes what follows down with it.
  CHECK(first_and_only(world.port, "POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 44\r\n\r\n" +
                                       hidden + hidden) == 404);
  CHECK(world.healthy());
}

TEST_CASE("lengths that are none, or that nobody can hold, are refused by the head") {
  HostileWorld world;
  const auto with_length = [&](const std::string& length) {
    return first_and_only(world.port,
                          "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          "Content-Length:" +
                              length + "\r\n\r\n{}");
  };
  for (const char* length : {" -1", " 1e9", " 0x10", "", " ", " 1 2", " 2,", " 2;3", " \xd9\xa2"}) {
    INFO(length);
    CHECK(with_length(length) == 400);
  }
  for (const char* length :
       {" 16777217", " 4294967296", " 9223372036854775808", " 18446744073709551615",
        " 99999999999999999999", " 340282366920938463463374607431768211456"}) {
    INFO(length);
    CHECK(with_length(length) == 413);
  }
  const auto with_chunk = [&](const std::string& size) {
    return first_and_only(world.port,
                          "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n" +
                              size + "\r\n{}\r\n0\r\n\r\n");
  };
  for (const char* size : {"", " 2", "g", "-2", "+2", "0x2", "10000000000000000", "2 ", "2\ta"}) {
    INFO(size);
    CHECK(with_chunk(size) == 400);
  }
  CHECK(with_chunk("FFFFFFFFFFFFFFFF") == 413);
  CHECK(with_chunk("8000000000000000") == 413);
  CHECK(world.healthy());
}

TEST_CASE("bare line feeds, NULs and what is no HTTP at all get 400 and an end") {
  using namespace std::string_literals;
  HostileWorld world;
  for (const std::string& bytes :
       {"GET /health HTTP/1.1\nHost: h\n\n"s, "GET /health HTTP/1.1\r\nHost: h\n\r\n"s,
        "GET /health HTTP/1.1\r\nHost: h\r\n\nX: y\r\n\r\n"s,
        "GET /health HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"s,
        "GET /hea\0lth HTTP/1.1\r\nHost: h\r\n\r\n"s, "GET /health HTTP/1.1\r\nHo\0st: h\r\n\r\n"s,
        "GET /health HTTP/1.1\r\nHost: h\0\r\n\r\n"s, "\0\0\0\0\r\n\r\n"s,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, "SSH-2.0-OpenSSH_9.2\r\n\r\n"s,
        "GET\r\n\r\n"s, "GET  /health  HTTP/1.1\r\nHost: h\r\n\r\n"s,
        "GET /health HTTP/9.9\r\nHost: h\r\n\r\n"s, "GET /health\r\n\r\n"s}) {
    INFO(bytes);
    const int status = first_and_only(world.port, bytes);
    CHECK((status == 400 || status == 505));
  }
  CHECK(world.healthy());
}

TEST_CASE("junk behind good requests ends the connection after their answers") {
  HostileWorld world;
  Client client(world.port);
  client.send(get("/health") + post("/rpc", "{}") + std::string("\x01junk\r\n\r\n") +
              get("/health"));
  CHECK(client.reply().status == 200);
  CHECK(client.reply().body == "got 2");
  CHECK(client.reply().status == 400);
  CHECK(client.read_to_end().empty());
  CHECK(world.healthy());
}

TEST_CASE("half-closed sockets get the answer to what was whole, and hold nothing else") {
  HostileWorld world;
  std::vector<Client> clients;
  for (int i = 0; i < 300; ++i) {
    clients.emplace_back(world.port);
    if (i % 3 == 1) clients.back().send("POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Le");
    if (i % 3 == 2) clients.back().send(post("/rpc", "{}") + "GET /health HT");
    clients.back().half_close();
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i % 3 == 2) CHECK(clients[i].reply().body == "got 2");
    clients[i].read_to_end();
  }
  CHECK(eventually([&] { return world.server->stats().connections == 0; }));
  CHECK(world.server->stats().buffered_bodies == 0);
}

TEST_CASE("readers that stop cost a bounded buffer each, and nobody waits for them") {
  HostileWorld world;
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += get("/big");  // more than a socket holds
  std::vector<Client> stopped;
  for (int i = 0; i < 100; ++i) {
    stopped.emplace_back(world.port, 4096);
    stopped.back().send(burst);
  }
  CHECK(eventually([&] { return world.server->stats().unsent > stopped.size() * kBig; }));
  for (int i = 0; i < 100; ++i) REQUIRE(world.healthy());
  CHECK(world.server->stats().unsent <= stopped.size() * (256 * 1024 + 2 * kBig));
  CHECK(eventually([&] {
    world.advance(61'000);  // of which nothing was taken
    return world.server->stats().connections == 0;
  }));
}

TEST_CASE("200,000 headers, an endless head and endless chunks cost a bounded buffer") {
  HostileWorld world;
  const std::size_t before = resident_kib();
  const auto flood = [&](const std::string& begin, const std::string& piece, int times) {
    Client client(world.port);
    client.send(begin);
    std::string block;
    while (block.size() < 65536) block += piece;
    for (std::size_t sent = 0; sent < piece.size() * static_cast<std::size_t>(times);
         sent += block.size()) {
      client.send(block);
    }
    return client.reply().status;
  };
  CHECK(flood("GET /health HTTP/1.1\r\nHost: h\r\n", "x: y\r\n", 200'000) == 431);
  CHECK(flood("GET /health HTTP/1.1\r\nX: ", "xxxxxxxx", 1'000'000) == 431);
  CHECK(flood("GET /", "xxxxxxxx", 1'000'000) == 431);
  const std::string chunked =
      "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  CHECK(flood(chunked, "8\r\nxxxxxxxx\r\n", 3'000'000) == 413);
  CHECK(flood(chunked + "1;", "xxxxxxxx", 100'000) == 400);
  CHECK(flood(chunked + "0\r\n", "x: y\r\n", 100'000) == 400);
  CHECK(world.healthy());
  CHECK(resident_kib() < before + 150 * 1024);
}

TEST_CASE("1,000 slow openers delay nobody and end by the clock") {
  HostileWorld world;
  std::vector<Client> slow;
  for (int i = 0; i < 1000; ++i) {
    slow.emplace_back(world.port);
    if (i % 4 == 0) slow.back().send("G");
    if (i % 4 == 1) slow.back().send("GET /health HTTP/1.1\r\nHost: h\r\nX-");
    if (i % 4 == 2)
      slow.back().send(
          "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
          "100\r\n\r\n{");
  }
  for (int i = 0; i < 200; ++i) REQUIRE(world.healthy());
  REQUIRE(eventually([&] { return world.server->stats().buffered_bodies == 250; }));
  world.advance(40'000);
  world.advance(40'000);
  CHECK(eventually([&] {
    world.advance(6'000);
    return world.server->stats().connections == 0;
  }));
  CHECK(world.healthy());
}

TEST_CASE("random damage to good requests never harms the next client") {
  HostileWorld world;
  std::mt19937 random(5);
  const std::string good = post("/rpc", "{\"a\":1}") + get("/health") +
                           "POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good;
    for (unsigned i = 1 + random() % 4; i > 0; --i) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        default:
          bytes.insert(at, std::string(1 + random() % 8, "\r\n\0: ;0"[random() % 7]));
          break;
      }
    }
    Client client(world.port);
    client.send(bytes);
    client.half_close();
    const std::string answer = client.read_to_end();
    REQUIRE((answer.empty() || answer.starts_with("HTTP/1.1 ")));
  }
  CHECK(world.healthy());
  CHECK(eventually([&] { return world.server->stats().connections <= 1; }));
}

TEST_CASE(
    "when descriptors run out, accepting pauses instead of spinning, and goes on afterwards") {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  HostileWorld world;
  REQUIRE(world.healthy());
  // That call's descriptor must be back before they are counted.
  REQUIRE(eventually([&] { return world.server->stats().connections == 0; }));
  std::vector<Fd> eaten;
  rlimit low = limit;
  low.rlim_cur = 256;
  setrlimit(RLIMIT_NOFILE, &low);
  for (;;) {
    Fd fd(::dup(0));
    if (!fd) break;
    eaten.push_back(std::move(fd));
  }
  eaten.pop_back();  // one for the client's side: the server gets none
  {
    Client client(world.port);
    client.send(get("/health"));
    CHECK(client.read_to_end().find("503") != std::string::npos);
  }
  eaten.clear();
  setrlimit(RLIMIT_NOFILE, &limit);
  world.advance(200);
  CHECK(eventually([&] { return world.healthy(); }));
}

}  // namespace
}  // namespace gateway::test
