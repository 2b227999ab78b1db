// Requests and answers: how they are read, routed, ordered and answered.
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tests/gateway/http_echo_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

TEST_CASE("a request is parsed, routed and answered") {
  EchoWorld world;
  const Reply reply = ask(world.port, get("/echo?a=1&b=x%20y&a=2"));
  CHECK(reply.status == 200);
  CHECK(reply.body == "GET /echo a=1 a=2 b=x y local ");
  CHECK(reply.field("Content-Type") == "application/json");
  CHECK(reply.field("X-Content-Type-Options") == "nosniff");
  CHECK(reply.field("Date")->ends_with(" GMT"));
  CHECK(ask(world.port, get("/echo/1%20/x/%C3%BC")).body ==
        "GET /echo/1 /x/\xC3\xBC :1  :\xC3\xBC local ");
  CHECK(ask(world.port, get("/loop")).body == "GET /loop local ");
  CHECK(ask(world.port, get("/echo", "X-Forwarded-For: 1.2.3.4\r\n")).body == "GET /echo remote ");
}

TEST_CASE("HEAD is GET without the body") {
  EchoWorld world;
  Client client(world.port);
  client.send("HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply reply = client.reply(true);
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Length") == "17");
  client.send(get("/loop"));
  CHECK(client.reply().body == "GET /loop local ");
}

TEST_CASE("one connection serves many requests, pipelined ones in their order") {
  EchoWorld world;
  Client client(world.port);
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    all += i % 3 == 0   ? get("/loop?n=" + n)
           : i % 3 == 1 ? get("/echo?n=" + n)
                        : post("/echo?n=" + n, n);
  }
  client.send(all);
  for (int i = 0; i < 300; ++i) {
    const Reply reply = client.reply();
    REQUIRE(reply.status == 200);
    REQUIRE(reply.body.find(" n=" + std::to_string(i) + " ") != std::string::npos);
  }
  CHECK(world.server->stats().accepted == 1);
  CHECK(world.server->stats().requests == 300);
}

TEST_CASE("requests behind a parked one wait for it") {
  EchoWorld world;
  Client client(world.port);
  client.send(get("/slow") + get("/loop?second") + get("/echo?third"));
  REQUIRE(eventually([&] { return world.parked->count() == 1; }));
  CHECK(world.server->stats().requests == 1);
  world.parked->answer_all("first");
  CHECK(client.reply().body == "first");
  CHECK(client.reply().body == "GET /loop second= local ");
  CHECK(client.reply().body == "GET /echo third= local ");
}

TEST_CASE("a body may come by length, in chunks with trailers, or byte by byte") {
  EchoWorld world;
  Client client(world.port);
  client.send(post("/echo", "hello"));
  CHECK(client.reply().body == "POST /echo local hello");
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n";
  for (const char c : chunked) client.send(std::string(1, c));
  CHECK(client.reply().body == "POST /echo local hello world");
  client.send(chunked + get("/loop"));
  CHECK(client.reply().body == "POST /echo local hello world");
  CHECK(client.reply().body == "GET /loop local ");
  const std::string large(800'000, 'x');
  client.send(post("/json", large));
  CHECK(client.reply().body == "POST /json local " + large);
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer") {
  EchoWorld world;
  Client old(world.port);
  old.send("GET /echo HTTP/1.0\r\n\r\n");
  const std::string all = old.read_to_end();
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
  CHECK(all.ends_with("GET /echo local "));
  Client kept(world.port);
  kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(kept.reply().field("Connection") == "keep-alive");
  Client modern(world.port);
  modern.send(get("/echo", "Connection: close\r\n"));
  CHECK(modern.read_to_end().ends_with("GET /echo local "));
}

TEST_CASE("a client that closed its side still gets its answers") {
  EchoWorld world;
  Client client(world.port);
  client.send(get("/echo?a") + get("/slow"));
  client.half_close();
  REQUIRE(eventually([&] { return world.parked->count() == 1; }));
  world.parked->answer_all("late");
  const std::string all = client.read_to_end();
  CHECK(all.find("GET /echo a= local ") != std::string::npos);
  CHECK(all.ends_with("late"));
}

TEST_CASE("refusals say what to do, and name the endpoints where none matched") {
  EchoWorld world({}, 2, true);
  CHECK(ask(world.port, get("/nothing")).status == 404);
  CHECK(ask(world.port, get("/nothing")).body.find("POST /json") != std::string::npos);
  const Reply method = ask(world.port, "DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(method.status == 405);
  CHECK(method.field("Allow") == "GET, HEAD, POST");
  CHECK(ask(world.port, "BREW /json HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
  CHECK(ask(world.port, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);
  CHECK(ask(world.port, get("/echo?%zz")).status == 400);
  CHECK(ask(world.port, get("/echo%2f")).status == 400);
  CHECK(ask(world.port, get("/../echo")).status == 404);
  CHECK(ask(world.port,
            "POST /json HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: "
            "2\r\n\r\n{}")
            .status == 415);
  CHECK(ask(world.port, get("/echo", "Origin: http://evil.example\r\n")).status == 403);
  CHECK(ask(world.port, post("/relay", "x", "Origin: http://localhost\r\n")).status == 403);
  CHECK(ask(world.port, "GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 421);
  CHECK(ask(world.port, "GET /echo HTTP/1.1\r\n\r\n").status == 400);
  CHECK(ask(world.port, get("/drop")).status == 500);
  const Reply thrown = ask(world.port, get("/throw"));
  CHECK(thrown.status == 500);
  CHECK(thrown.body.find("secret") == std::string::npos);
}

TEST_CASE("parked requests cost no worker: 1,000 wait while 2 workers answer others") {
  EchoWorld world({}, 2);
  std::vector<Client> waiting;
  for (int i = 0; i < 1000; ++i) {
    waiting.emplace_back(world.port);
    waiting.back().send(get("/slow"));
  }
  REQUIRE(eventually([&] { return world.parked->count() == 1000; }));
  Client other(world.port);
  for (int i = 0; i < 500; ++i) {
    other.send(get("/echo"));
    REQUIRE(other.reply().status == 200);
  }
  world.parked->answer_all("news");
  for (Client& client : waiting) REQUIRE(client.reply().body == "news");
}

TEST_CASE("an answer is taken once, from any thread, and a vanished client is distinguished") {
  EchoWorld world;
  Client client(world.port);
  client.send(get("/slow"));
  REQUIRE(eventually([&] { return world.parked->count() == 1; }));
  CHECK_FALSE(world.parked->waiting[0].client_gone());
  {
    const linger hard{1, 0};  // a reset, as of a killed client with unread data
    setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    const Client gone = std::move(client);
  }
  CHECK(eventually([&] { return world.parked->waiting[0].client_gone(); }));
  world.parked->answer_all("nobody reads this");
  CHECK(ask(world.port, get("/echo")).status == 200);
}

}  // namespace
}  // namespace gateway::test
