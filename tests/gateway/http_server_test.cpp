#include <sys/socket.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>

#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

// GET /echo, POST /echo (answers what it got), GET /slow (parked), GET /loop (on the loop).
struct Parked {
  std::mutex mutex;
  std::vector<Responder> waiting;
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return waiting.size();
  }
  void answer_all(const std::string& text) {
    std::vector<Responder> all;
    {
      const std::lock_guard lock(mutex);
      all.swap(waiting);
    }
    for (auto& responder : all) responder.answer(Response::json(text));
  }
};

void add_routes(RouteTable& routes, Parked& parked) {
  const auto echo = [](Request request, Responder responder) {
    std::string text(request.method());
    text += ' ' + request.path;
    for (const auto& [name, value] : request.query) text += ' ' + name + '=' + value;
    for (const auto& capture : request.captures) text += " :" + capture;
    text += request.loopback ? " local" : " remote";
    text += ' ' + request.body;
    responder.answer(Response::json(text));
  };
  routes.add({.method = "GET", .path = "/echo", .handle = echo});
  routes.add({.method = "GET", .path = "/echo/:a/x/:b", .handle = echo});
  routes.add({.method = "POST", .path = "/echo", .handle = echo, .body_limit = 1000});
  routes.add({.method = "POST",
              .path = "/json",
              .handle = echo,
              .body_limit = 1 << 20,
              .json_only = true});
  routes.add({.method = "GET", .path = "/loop", .handle = echo, .on_loop = true});
  routes.add({.method = "POST",
              .path = "/relay",
              .handle = echo,
              .body_limit = 10,
              .refuse_origin = true,
              .listeners = kOnMain | kOnPeer});
  routes.add({.method = "POST",
              .path = "/quick",
              .handle = echo,
              .quick = [](const Request& request) -> std::optional<Response> {
                if (request.body == "throw") throw std::runtime_error("a secret of the program");
                if (request.body == "unknown") return std::nullopt;
                return Response::json("quick " + request.body);
              },
              .body_limit = 1000});
  routes.add({.method = "GET", .path = "/drop", .handle = [](Request, Responder) {}});
  routes.add({.method = "GET", .path = "/throw", .handle = [](Request, Responder) {
                throw std::runtime_error("a secret of the program");
              }});
  routes.add({.method = "GET", .path = "/slow", .handle = [&parked](Request, Responder responder) {
                const std::lock_guard lock(parked.mutex);
                parked.waiting.push_back(std::move(responder));
              }});
}

struct World : HttpWorld {
  explicit World(HttpOptions options = {}, std::size_t workers = 2, bool peer = false)
      : World(std::make_shared<Parked>(), std::move(options), workers, peer) {}
  World(std::shared_ptr<Parked> p, HttpOptions options, std::size_t workers, bool peer)
      : HttpWorld([&](RouteTable& routes) { add_routes(routes, *p); }, std::move(options), workers,
                  peer),
        parked(std::move(p)) {}
  std::shared_ptr<Parked> parked;
};

TEST_CASE("a request is parsed, routed and answered") {
  World world;
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
  World world;
  Client client(world.port);
  client.send("HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply reply = client.reply(true);
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Length") == "17");
  client.send(get("/loop"));
  CHECK(client.reply().body == "GET /loop local ");
}

TEST_CASE("one connection serves many requests, pipelined ones in their order") {
  World world;
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

TEST_CASE("what memory knows is answered without a worker, and the rest as ever") {
  World world;
  CHECK(ask(world.port, post("/quick", "body")).body == "quick body");
  CHECK(ask(world.port, post("/quick", "unknown")).body == "POST /quick local unknown");
  CHECK(ask(world.port, post("/quick?a=1", "body")).body == "POST /quick a=1 local body");
  CHECK(ask(world.port, post("/quick", "throw")).body == "POST /quick local throw");
  std::promise<void> free;
  const auto gate = free.get_future().share();
  for (int i = 0; i < 2; ++i) REQUIRE(world.pool.submit([gate] { gate.wait(); }));
  CHECK(ask(world.port, post("/quick", "busy")).body == "quick busy");
  free.set_value();
}

TEST_CASE("quick answers to pipelined requests come in order, in turns with other clients") {
  World world;
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

TEST_CASE("requests behind a parked one wait for it") {
  World world;
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
  World world;
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
  World world;
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
  World world;
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
  World world({}, 2, true);
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

TEST_CASE("a listener for peers serves what is for peers and nothing else") {
  World world({}, 2, true);
  CHECK(ask(world.peer_port, post("/relay", "x")).status == 200);
  CHECK(ask(world.peer_port, get("/echo")).status == 404);
  CHECK(ask(world.peer_port, post("/json", "{}")).status == 404);
}

TEST_CASE(
    "a body over the limit is refused before it is read, and after the limit when it hides its "
    "size") {
  World world;
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
  World world;
  Client client(world.port);
  const std::string body(8 << 20, 'x');
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  client.send(body);  // all of it, without looking
  CHECK(client.reply().status == 413);
}

TEST_CASE("100-continue is answered after the head was judged") {
  World world;
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
  World world({.max_buffered_bodies = 100'000});
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

TEST_CASE("answers that nobody takes are bounded all together: who holds most is closed") {
  constexpr std::size_t kMost = 25 * 1024 * 1024;
  World world({.max_unsent = kMost});
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

TEST_CASE("idle connections, slow heads and stalled bodies end by the clock") {
  World world;
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
  World world;
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

TEST_CASE("parked requests cost no worker: 1,000 wait while 2 workers answer others") {
  World world({}, 2);
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

TEST_CASE("an answer is taken once, from any thread, and a vanished client is told apart") {
  World world;
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
  world.parked->answer_all("nobody hears this");
  CHECK(ask(world.port, get("/echo")).status == 200);
}

TEST_CASE("a client that went away half-closed while parked is given up after a while") {
  World world;
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
  World world;
  Client client(world.port, 4096);
  std::string burst;
  for (int i = 0; i < 64; ++i) burst += post("/json", std::string(100'000, 'x'));
  std::thread sender([&] { client.send(burst); });
  REQUIRE(eventually([&] {
    const auto before = world.server->stats().requests;
    if (before == 0) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return world.server->stats().requests == before;
  }));
  CHECK(world.server->stats().requests < 64);
  world.advance(60'001);
  CHECK(eventually([&] { return world.server->stats().connections == 0; }));
  ::shutdown(client.fd(), SHUT_RDWR);
  sender.join();
}

TEST_CASE("stopping finishes what runs, refuses what is parked and closes the rest") {
  World world;
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

TEST_CASE("a taken port and a foreign address are told with what to do") {
  World world;
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
