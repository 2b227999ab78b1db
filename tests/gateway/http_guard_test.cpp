#include "gateway/http/path.h"
#include "gateway/server/guard.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

int judge(const std::string& fields, const Route* route = nullptr,
          const std::string& host = "localhost") {
  const HeadScan scan = scan_head("POST /rpc HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n");
  REQUIRE(scan.state == HeadScan::State::complete);
  const Guard guard({.hosts = {"gate.example.org"}});
  const auto refusal = guard.judge(scan.head, route).answer;
  return refusal ? refusal->status : 0;
}

TEST_CASE("only hosts that no stranger can point here are answered") {
  const Guard guard({.hosts = {"Gate.Example.org"}});
  for (const char* host : {"localhost", "localhost:7200", "LOCALHOST", "127.0.0.1", "10.0.0.7:80",
                           "[::1]", "[::1]:7200", "[2001:db8::1]:1", "gateway", "edge-1:7200",
                           "gate.example.org", "GATE.example.org:443", "localhost.", "a_b"}) {
    INFO(host);
    CHECK(guard.host_allowed(host));
  }
  for (const char* host :
       {"", "evil.example", "evil.example:7200", "127.0.0.1.evil.example", "localhost.evil",
        "gate.example.org.evil.example", "[::1", "::1", "localhost:abc", "localhost:123456", "a b",
        "local/host", "[localhost]", "1.2.3", "x@localhost"}) {
    INFO(host);
    CHECK_FALSE(guard.host_allowed(host));
  }
  CHECK(judge("", nullptr, "evil.example") == 421);
}

TEST_CASE("the host of an absolute target is judged as well") {
  const HeadScan scan = scan_head("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(Guard({}).judge(scan.head, nullptr).answer->status == 421);
}

TEST_CASE("what a web page of another origin sends is refused") {
  CHECK(judge("Origin: http://evil.example\r\n") == 403);
  CHECK(judge("Origin: null\r\n") == 403);
  CHECK(judge("Origin: http://localhost:3000\r\n") == 403);
  CHECK(judge("Origin: \r\n") == 403);
  CHECK(judge("Sec-Fetch-Site: cross-site\r\n") == 403);
  CHECK(judge("Sec-Fetch-Site: same-site\r\n") == 403);
  CHECK(judge("Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n") == 0);
  CHECK(judge("Origin: http://localhost\r\nOrigin: http://evil.example\r\n") == 403);
  CHECK(judge("Origin: http://LOCALHOST:7200\r\n", nullptr, "localhost:7200") == 0);
  CHECK(judge("Sec-Fetch-Site: none\r\n") == 0);
  CHECK(judge("") == 0);
}

TEST_CASE("an allowed origin passes as it is and no likeness of it does") {
  const Guard guard({.origins = {"https://app.example", "http://localhost:3000"}});
  const auto judged = [&](const std::string& fields) {
    return guard.judge(
        scan_head("POST /rpc HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n").head, nullptr);
  };
  CHECK_FALSE(judged("Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n").answer);
  CHECK(judged("Origin: https://app.example\r\n").origin == 0);
  CHECK(judged("Origin: HTTP://LocalHost:3000\r\n").origin == 1);
  for (const char* origin :
       {"http://app.example", "https://app.example:8443", "https://app.example.evil.example",
        "https://evil.app.example", "https://app.example/", "https://app.exampl", "null", "", "*",
        "http://localhost:3001", "http://localhost:30000"}) {
    INFO(origin);
    const auto refused = judged("Origin: " + std::string(origin) + "\r\n");
    REQUIRE(refused.answer);
    CHECK(refused.answer->status == 403);
    CHECK(refused.origin == kNoOrigin);
  }
  // Two of them: whichever one of us believed, another reader might believe the other.
  CHECK(judged("Origin: https://app.example\r\nOrigin: https://app.example\r\n").answer);
  // An image or a form of that page has no Origin to show, and no leave either.
  CHECK(judged("Sec-Fetch-Site: cross-site\r\n").answer);
}

TEST_CASE("a JSON endpoint takes JSON only, because a form needs no leave of the browser") {
  Route route;
  route.json_only = true;
  CHECK(judge("", &route) == 415);
  CHECK(judge("Content-Type: text/plain\r\n", &route) == 415);
  CHECK(judge("Content-Type: application/json-seq\r\n", &route) == 415);
  CHECK(judge("Content-Type: text/plain; application/json\r\n", &route) == 415);
  CHECK(judge("Content-Type: application/x-www-form-urlencoded\r\n", &route) == 415);
  CHECK(judge("Content-Type: application/json\r\n", &route) == 0);
  CHECK(judge("Content-Type: Application/JSON ; charset=utf-8\r\n", &route) == 0);
  CHECK(judge("Content-Type: application/json-rpc\r\n", &route) == 0);
  CHECK(judge("Content-Type: application/jsonrequest; charset=utf-8\r\n", &route) == 0);
  CHECK(judge("Content-Type: text/json\r\n", &route) == 0);
  CHECK(judge("Content-Type: application/vnd.api+json\r\n", &route) == 0);
  CHECK(judge("Content-Type: text/plain, application/vnd.api+json\r\n", &route) == 415);
}

TEST_CASE("an endpoint for bytes takes no form, and says how to send the bytes") {
  Route route;
  route.path = "/file";
  route.bytes_only = true;
  CHECK(judge("Content-Type: multipart/form-data; boundary=b\r\n", &route) == 415);
  CHECK(judge("Content-Type: Multipart/Mixed\r\n", &route) == 415);
  CHECK(judge("Content-Type: application/x-www-form-urlencoded\r\n", &route) == 415);
  CHECK(judge("", &route) == 0);
  CHECK(judge("Content-Type: application/octet-stream\r\n", &route) == 0);
  CHECK(judge("Content-Type: application/pdf\r\n", &route) == 0);
  CHECK(judge("Content-Type: text/plain\r\n", &route) == 0);
}

TEST_CASE("an encoded body is refused wherever a body is taken, for it would be kept as it came") {
  Route route;
  for (const char* coding : {"gzip", "br", "zstd", "deflate", "GZIP", "gzip, identity",
                             "identity, gzip", "identity,,br", "gzip;q=0", "x"}) {
    INFO(coding);
    const std::string field = "Content-Encoding: " + std::string(coding) + "\r\n";
    CHECK(judge(field + "Content-Length: 5\r\n", &route) == 415);
    CHECK(judge(field + "Transfer-Encoding: chunked\r\n", &route) == 415);
    CHECK(judge(field, &route) == 0);  // of no body
  }
  for (const char* none : {"identity", "IDENTITY", "identity, identity", "", " , "}) {
    INFO(none);
    const std::string field = "Content-Encoding: " + std::string(none) + "\r\n";
    CHECK(judge(field + "Content-Length: 5\r\n", &route) == 0);
  }
  CHECK(judge("Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n",
              &route) == 415);
}

TEST_CASE("an endpoint for gateways refuses any origin, its own too") {
  Route route;
  route.refuse_origin = true;
  CHECK(judge("Origin: http://localhost\r\n", &route) == 403);
  CHECK(judge("", &route) == 0);
}

TEST_CASE("a caller behind a proxy is not this machine") {
  const auto proxied = [](const std::string& fields) {
    return came_through_proxy(scan_head("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n").head);
  };
  CHECK_FALSE(proxied(""));
  CHECK_FALSE(proxied("X-Forward: x\r\n"));
  CHECK(proxied("Forwarded: for=1.2.3.4\r\n"));
  CHECK(proxied("x-forwarded-for: 1.2.3.4\r\n"));
  CHECK(proxied("X-Forwarded-Anything: x\r\n"));
  CHECK(proxied("via: 1.1 squid\r\n"));
  for (const char* field :
       {"Client-IP", "x-client-ip", "CF-Connecting-IP", "True-Client-IP", "X-Real-IP",
        "X-Cluster-Client-IP", "Fly-Client-IP", "Fastly-Client-IP", "X-Forwarded", "Forwarded-For",
        "X-Original-Forwarded-For", "X-Original-Host", "CDN-Loop", "X-Envoy-External-Address",
        "X-Azure-ClientIP", "X-Remote-Addr"}) {
    INFO(field);
    CHECK(proxied(std::string(field) + ": 10.0.0.9\r\n"));
  }
  for (const char* field : {"User-Agent", "X-Original", "X-Client", "X-Request-Id", "Origin",
                            "X-Requested-With", "Client", "X-API-Key"}) {
    INFO(field);
    CHECK_FALSE(proxied(std::string(field) + ": x\r\n"));
  }
}

TEST_CASE("a path has one spelling") {
  CHECK(decode_path("/a%20b?c") == "/a b");
  CHECK(decode_path("/%C3%BC") == "/\xC3\xBC");
  for (const char* bad :
       {"/%2e%2f", "/a%2Fb", "/%00", "/%", "/%4", "/%zz", "/%u0041", "/%ff", "/%25", "/%0a"}) {
    INFO(bad);
    CHECK_FALSE(decode_path(bad));
  }
  CHECK(query_escapes_are_plain("/a?b=%41%e4"));
  CHECK_FALSE(query_escapes_are_plain("/a?b=%u0041"));
  CHECK_FALSE(query_escapes_are_plain("/a?b=%4"));
}

TEST_CASE("routes know their methods, captures and listeners") {
  RouteTable table;
  table.add({.method = "GET", .path = "/file/:id"});
  table.add({.method = "POST", .path = "/file"});
  table.add({.method = "POST", .path = "/relay/v1/:box", .listeners = kOnPeer});
  const auto found = table.find("HEAD", "/file/7", ListenerKind::main);
  REQUIRE(found.route != nullptr);
  CHECK(found.captures == std::vector<std::string>{"7"});
  CHECK(table.find("DELETE", "/file/7", ListenerKind::main).allow == "GET, HEAD");
  CHECK(table.find("GET", "/file", ListenerKind::main).allow == "POST");
  for (const char* path : {"/file/", "/file/7/8", "/fil", "/files", "", "*", "/"}) {
    INFO(path);
    const auto miss = table.find("GET", path, ListenerKind::main);
    CHECK(miss.route == nullptr);
    CHECK(miss.allow.empty());
  }
  CHECK(table.find("POST", "/relay/v1/x", ListenerKind::main).route == nullptr);
  CHECK(table.find("POST", "/relay/v1/x", ListenerKind::peer).route != nullptr);
  CHECK(table.missing("/fil", ListenerKind::main) ==
        "No such endpoint. Try GET /file/:id, POST /file.");
  table.add_absent("/projects", "start it with --commands FILE");
  for (const char* path : {"/projects", "/projects/x"}) {
    CHECK(table.missing(path, ListenerKind::main) == "start it with --commands FILE");
    CHECK(table.missing(path, ListenerKind::peer).find("--commands") == std::string::npos);
  }
  CHECK(table.missing("/projectsx", ListenerKind::main).starts_with("No such endpoint."));
}

}  // namespace
}  // namespace gateway
