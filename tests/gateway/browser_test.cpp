// Requests as a web page's browser sends them (Fetch: simple requests, preflights, no-cors),
// against a real server: what a page of another origin may make it do, with --cors and without.
#include <atomic>

#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

struct BrowserWorld {
  explicit BrowserWorld(GuardOptions guard = {}) {
    HttpOptions options;
    options.guard = std::move(guard);
    http = std::make_unique<HttpWorld>(
        [&](RouteTable& routes) {
          const auto reached = [this](Request, Responder responder) {
            ++handled;
            responder.answer(Response::json("{}"));
          };
          routes.add({.method = "POST",
                      .path = "/rpc",
                      .handle = reached,
                      .body_limit = 1000,
                      .json_only = true});
          routes.add({.method = "GET", .path = "/events", .handle = reached});
          routes.add({.method = "POST", .path = "/file", .handle = reached, .body_limit = 1000});
          routes.add({.method = "POST",
                      .path = "/relay/v1/x",
                      .handle = reached,
                      .body_limit = 10,
                      .refuse_origin = true});
        },
        std::move(options));
    site = "http://127.0.0.1:" + std::to_string(http->port);
  }
  Reply ask(const std::string& method, const std::string& path, const std::string& fields,
            const std::string& body = "") {
    return test::ask(http->port, method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1:" +
                                     std::to_string(http->port) + "\r\n" + fields +
                                     "Content-Length: " + std::to_string(body.size()) +
                                     "\r\nConnection: close\r\n\r\n" + body);
  }
  std::atomic<int> handled{0};
  std::unique_ptr<HttpWorld> http;
  std::string site;
};

const std::string kEvil = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
const std::string kApp = "Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n";
const std::string kJson = "Content-Type: application/json\r\n";

std::string preflight(const std::string& origin, const std::string& method) {
  return origin + "Access-Control-Request-Method: " + method +
         "\r\nAccess-Control-Request-Headers: content-type,x-api-key\r\n";
}

}  // namespace

TEST_CASE("no request that a foreign page can send reaches an endpoint") {
  BrowserWorld world;
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x", "application/json"}) {
    INFO(type);
    CHECK(world.ask("POST", "/rpc", kEvil + "Content-Type: " + type + "\r\n", "{}").status == 403);
  }
  CHECK(world.ask("POST", "/file", kEvil, "x").status == 403);
  CHECK(world.ask("POST", "/file", "Origin: null\r\n", "x").status == 403);  // a sandboxed frame
  CHECK(world.ask("GET", "/events", kEvil).status == 403);
  // <img src>, <script src>, a form's GET: no Origin, but where it came from.
  CHECK(world.ask("GET", "/events", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n")
            .status == 403);
  CHECK(world.ask("OPTIONS", "/rpc", preflight(kEvil, "POST")).status == 403);
  // A name of the attacker's that now points here (DNS rebinding): same origin to the browser.
  const Reply rebound = test::ask(
      world.http->port,
      "POST /rpc HTTP/1.1\r\nHost: evil.example:7200\r\nOrigin: http://evil.example:7200\r\n"
      "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\n{}");
  CHECK(rebound.status == 421);
  CHECK(world.handled == 0);
  // Its own pages, and programs, which send none of this.
  CHECK(world.ask("POST", "/rpc", "Origin: " + world.site + "\r\n" + kJson, "{}").status == 200);
  CHECK(world.ask("POST", "/rpc", kJson, "{}").status == 200);
}

TEST_CASE("an allowed origin is answered so that its page may read it, and no other is") {
  BrowserWorld world({.origins = {"https://app.example"}});
  const Reply asked = world.ask("OPTIONS", "/rpc", preflight(kApp, "POST"));
  CHECK(asked.status == 204);
  CHECK(asked.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(asked.field("Access-Control-Allow-Methods") == "POST");
  CHECK(asked.field("Access-Control-Allow-Headers").value_or("").find("X-API-Key") !=
        std::string::npos);
  CHECK(asked.field("Access-Control-Max-Age") == "600");
  CHECK(asked.head.find("Origin") != std::string::npos);
  CHECK_FALSE(asked.field("Access-Control-Allow-Credentials"));
  CHECK(world.handled == 0);

  const Reply answer = world.ask("POST", "/rpc", kApp + kJson, "{}");
  CHECK(answer.status == 200);
  CHECK(answer.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(answer.field("Vary") == "Origin");
  CHECK(answer.field("Access-Control-Expose-Headers").value_or("").find("X-Request-Id") !=
        std::string::npos);
  CHECK_FALSE(answer.field("Access-Control-Allow-Credentials"));
  // Refusals too, or the page would not learn why.
  CHECK(world.ask("POST", "/rpc", kApp + "Content-Type: text/plain\r\n", "{}")
            .field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(world.ask("GET", "/nowhere", kApp).field("Access-Control-Allow-Origin"));

  const Reply evil = world.ask("POST", "/rpc", kEvil + kJson, "{}");
  CHECK(evil.status == 403);
  CHECK_FALSE(evil.field("Access-Control-Allow-Origin"));
  CHECK_FALSE(
      world.ask("OPTIONS", "/rpc", preflight(kEvil, "POST")).field("Access-Control-Allow-Origin"));
  // To a program there is nothing to allow, but caches are informed.
  const Reply program = world.ask("POST", "/rpc", kJson, "{}");
  CHECK_FALSE(program.field("Access-Control-Allow-Origin"));
  CHECK(program.field("Vary") == "Origin");
  CHECK(world.ask("POST", "/relay/v1/x", kApp, "x").status == 403);
}

TEST_CASE("any origin is any origin, by a star and never by name") {
  BrowserWorld world({.any_origin = true});
  for (const std::string& origin : {kEvil, kApp, std::string("Origin: null\r\n")}) {
    const Reply answer = world.ask("POST", "/rpc", origin + kJson, "{}");
    CHECK(answer.status == 200);
    CHECK(answer.field("Access-Control-Allow-Origin") == "*");
    CHECK_FALSE(answer.field("Access-Control-Allow-Credentials"));
  }
  const Reply local =
      world.ask("OPTIONS", "/rpc",
                preflight(kApp, "POST") + "Access-Control-Request-Private-Network: true\r\n");
  CHECK(local.field("Access-Control-Allow-Private-Network") == "true");
  CHECK(world.ask("POST", "/rpc", "Sec-Fetch-Site: cross-site\r\n" + kJson, "{}").status == 403);
}

TEST_CASE("an OPTIONS request that is no preflight learns which methods there are") {
  BrowserWorld world({.origins = {"https://app.example"}});
  CHECK(world.ask("OPTIONS", "/rpc", kApp).status == 405);
  CHECK(world.ask("OPTIONS", "/rpc", "Access-Control-Request-Method: POST\r\n").status == 405);
  CHECK(world.ask("OPTIONS", "/nowhere", preflight(kApp, "POST")).status == 404);
}

}  // namespace gateway::test
