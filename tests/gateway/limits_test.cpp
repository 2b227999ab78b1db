// Limits per address, per key and in all, and what every answer carries.
#include "gateway/auth/gatekeeper.h"
#include "gateway/limits/request_limits.h"
#include "gateway/loop/address_group.h"
#include "gateway/server/address_slots.h"
#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

void add_routes(RouteTable& routes) {
  const auto fine = [](Request request, Responder responder) {
    responder.answer(Response::json(request.id));
  };
  routes.add({.method = "GET", .path = "/x", .handle = fine});
  routes.add({.method = "GET", .path = "/health", .handle = fine, .access = RouteAccess::open});
}

}  // namespace

TEST_CASE("an IPv6 client is its /64, however it writes its address") {
  CHECK(address_group("192.0.2.7") == "192.0.2.7");
  CHECK(address_group("2001:db8::1") == address_group("2001:db8:0:0:ffff::2"));
  CHECK(address_group("2001:db8::1") != address_group("2001:db8:0:1::1"));
  CHECK(address_group("::1") == address_group("::2"));
}

TEST_CASE("requests of an address over its limit get 429 and when to come back") {
  HttpOptions options;
  options.requests.address = RateLimit::Rule{.per_second = 2, .burst = 3};
  options.requests.local_too = true;
  HttpWorld world(add_routes, std::move(options));
  for (int i = 0; i < 3; ++i) CHECK(ask(world.port, get("/x")).status == 200);
  const Reply refused = ask(world.port, get("/x"));
  CHECK(refused.status == 429);
  CHECK(refused.field("Retry-After") == "1");
  CHECK(ask(world.port, get("/nowhere")).status == 429);  // crawling counts as well
  CHECK(ask(world.port, get("/health")).status == 200);   // and whoever watches is never refused
  CHECK(world.server->stats().rate_limited == 2);
  world.advance(600);
  CHECK(ask(world.port, get("/x")).status == 200);
}

TEST_CASE("this machine is not limited unless somebody said so") {
  HttpWorld world(add_routes);
  Client client(world.port);
  for (int i = 0; i < 1500; ++i) {
    client.send(get("/health"));
    client.send(get("/x"));
    if (client.reply().status != 200 || client.reply().status != 200) FAIL("refused at " << i);
  }
}

TEST_CASE("keys have a limit of their own") {
  base::ManualClock clock;
  RequestLimits limits(clock, {.key = RateLimit::Rule{.per_second = 1, .burst = 2}});
  const rpc::Access one("one", {});
  const rpc::Access two("two", {});
  CHECK(limits.take_key(one) == 0);
  CHECK(limits.take_key(one) == 0);
  CHECK(limits.take_key(one) > 0);
  CHECK(limits.take_key(two) == 0);
  CHECK(limits.take_key(*rpc::Access::everything()) == 0);  // nobody's
  CHECK(limits.take_address("192.0.2.1", true) == 0);
  clock.advance(1000);
  CHECK(limits.take_key(one) == 0);
}

TEST_CASE("an address may hold so many connections, streams included, and gets them back") {
  HttpOptions options;
  options.max_connections_per_address = 2;
  options.local_addresses_too = true;
  HttpWorld world(
      [](RouteTable& routes) {
        add_routes(routes);
        routes.add({.method = "GET", .path = "/keep", .handle = [](Request, Responder responder) {
                      Response response;
                      response.take_over = [](StreamSocket socket) {
                        static std::optional<StreamSocket> kept;
                        kept = std::move(socket);
                        [[maybe_unused]] const auto sent =
                            ::write(kept->fd.get(), kept->unsent.data(), kept->unsent.size());
                        kept->unsent.clear();
                        if (sent < 0) kept.reset();
                      };
                      responder.answer(std::move(response));
                    }});
      },
      std::move(options));
  {
    Client stream(world.port);
    stream.send(get("/keep"));
    stream.read_until("\r\n\r\n");
    Client second(world.port);
    second.send(get("/x"));
    CHECK(second.reply().status == 200);
    CHECK(ask(world.port, get("/x")).status == 503);
    CHECK(world.server->stats().turned_away == 1);
    CHECK(world.server->stats().slots == 2);
  }
  CHECK(eventually([&] { return ask(world.port, get("/x")).status == 200; }));
}

TEST_CASE("every answer names its request, by the caller's own id where that is fit for a log") {
  HttpWorld world(add_routes);
  const Reply own = ask(world.port, get("/x", "X-Request-Id: abc-1.2_3\r\n"));
  CHECK(own.field("X-Request-Id") == "abc-1.2_3");
  CHECK(own.body == "abc-1.2_3");
  const Reply first = ask(world.port, get("/x"));
  const Reply second = ask(world.port, get("/nowhere"));
  CHECK(first.field("X-Request-Id"));
  CHECK(first.body == first.field("X-Request-Id"));
  CHECK(second.field("X-Request-Id"));
  CHECK(first.field("X-Request-Id") != second.field("X-Request-Id"));
  for (const char* bad : {"a b", "a\"b", "", "\xc3\xa4"}) {
    INFO(bad);
    CHECK(ask(world.port, get("/x", "X-Request-Id: " + std::string(bad) + "\r\n"))
              .field("X-Request-Id") != bad);
  }
  CHECK(ask(world.port, get("/x", "X-Request-Id: " + std::string(65, 'a') + "\r\n"))
            .field("X-Request-Id")
            ->size() < 65);
  CHECK(ask(world.port, "BROKEN\r\n\r\n").field("X-Request-Id"));
}

}  // namespace gateway::test
