#include <string>

#include "gateway/http/head.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

using HeadState = HeadScan::State;

HeadScan scan(const std::string& bytes) { return scan_head(bytes); }
int head_refusal(const std::string& bytes) {
  const HeadScan result = scan(bytes);
  return result.state == HeadState::refused ? result.error.status : 0;
}
std::string with(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

TEST_CASE("a head is found and its parts are distinguished") {
  const std::string text =
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: h:1\r\nX:\t v  w \r\nempty:\r\n\r\nrest";
  const HeadScan result = scan(text);
  REQUIRE(result.state == HeadState::complete);
  CHECK(result.used == text.size() - 4);
  CHECK(result.head.method() == "POST");
  CHECK(result.head.target() == "/a%20b?x=1");
  CHECK(result.head.field("HOST") == "h:1");
  CHECK(result.head.field("x") == "v  w");
  CHECK(result.head.field("empty") == "");
  CHECK_FALSE(result.head.field("absent"));
  CHECK(result.head.keep_alive());
}

TEST_CASE("a head that comes byte by byte is the same head, and no prefix of it is one") {
  const std::string text = "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::size_t seen = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE(scan_head(text.substr(0, size), seen).state == HeadState::need_more);
    seen = size;
  }
  CHECK(scan_head(text, seen).state == HeadState::complete);
}

TEST_CASE("lines end with CR LF and nothing else") {
  CHECK(head_refusal("GET / HTTP/1.1\nHost: h\n\n") == 400);
  CHECK(head_refusal("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n") == 400);
  CHECK(head_refusal("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n") == 400);
  CHECK(head_refusal(std::string("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 29)) == 400);
  CHECK(head_refusal(std::string("GET /\0 HTTP/1.1\r\n", 17)) == 400);
}

TEST_CASE("of two Content-Type fields none is believed") {
  CHECK(head_refusal(with("Content-Type: application/json\r\ncontent-type: text/plain\r\n")) ==
        400);
  CHECK(head_refusal(with("Content-Type: text/plain\r\nContent-Type: text/plain\r\n")) == 400);
  CHECK(head_refusal(with("Content-Type: text/plain\r\n")) == 0);
}

TEST_CASE("malformed request lines are refused") {
  CHECK(head_refusal("GET /\r\n\r\n") == 400);
  CHECK(head_refusal("GET  / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET  HTTP/1.1\r\nHost: h\r\n\r\n") == 400);  // nothing between two blanks
  CHECK(head_refusal("GET / x HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET / HTTP/1.1 \r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GE(T / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET x HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET /#a HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET * HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(head_refusal("PRI * HTTP/2.0\r\n\r\n") == 505);
  CHECK(head_refusal("GET / HTTP/1.2\r\nHost: h\r\n\r\n") == 505);
  CHECK(head_refusal("GET / http/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("\x16\x03\x01 TLS") == 400);
  CHECK(head_refusal("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n") == 414);
}

TEST_CASE("an absolute target names its own host") {
  const HeadScan path = scan("GET http://h:7/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
  REQUIRE(path.state == HeadState::complete);
  CHECK(path.head.authority() == "h:7");
  CHECK(path.head.target() == "/p?q");
  const HeadScan bare = scan("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(bare.state == HeadState::complete);
  CHECK(bare.head.target() == "/");
  CHECK(head_refusal("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET http:///p HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(head_refusal("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
}

TEST_CASE("malformed fields are refused") {
  CHECK(head_refusal(with("X : y\r\n")) == 400);
  CHECK(head_refusal(with(" folded\r\n")) == 400);
  CHECK(head_refusal(with("X: y\r\n\tfolded\r\n")) == 400);
  CHECK(head_refusal(with("no colon\r\n")) == 400);
  CHECK(head_refusal(with(": empty\r\n")) == 400);
  CHECK(head_refusal(with("X: \x01\r\n")) == 400);
  CHECK(head_refusal(with("X\xC3: y\r\n")) == 400);
}

TEST_CASE("every doubt about where a request ends is refused") {
  CHECK(head_refusal(with("Content-Length: 1\r\nContent-Length: 1\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: 1\r\nContent-Length: 2\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: 1, 1\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: -1\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: +1\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: 0x1\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: 1 2\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length:\r\n")) == 400);
  CHECK(head_refusal(with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(head_refusal(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(head_refusal(with("Transfer-Encoding: chunked, identity\r\n")) == 501);
  CHECK(head_refusal(with("Transfer-Encoding: xchunked\r\n")) == 501);
  CHECK(head_refusal(with("Transfer-Encoding: gzip, chunked\r\n")) == 501);
  CHECK(head_refusal(with("Transfer-Encoding: \x0b"
                          "chunked\r\n")) == 400);
  CHECK(head_refusal("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(head_refusal("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(head_refusal(with("Host: h\r\n")) == 400);
  CHECK(head_refusal(with("Expect: something\r\n")) == 417);
  CHECK(scan(with("Transfer-Encoding: CHUNKED\r\n")).head.chunked());
  CHECK(scan(with("Content-Length: 99999999999999999999999\r\n")).head.content_length() ==
        UINT64_MAX);
}

TEST_CASE("heads are bounded in bytes and in fields") {
  std::string hundred;
  for (int i = 0; i < 99; ++i) hundred += "a: b\r\n";
  CHECK(scan(with(hundred)).state == HeadState::complete);
  CHECK(head_refusal(with(hundred + "c: d\r\n")) == 431);
  CHECK(head_refusal("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x')) == 431);
  CHECK(head_refusal(with("X: " + std::string(40'000, 'x') + "\r\n")) == 431);
  CHECK(scan(with("X: " + std::string(30'000, 'x') + "\r\n")).state == HeadState::complete);
}

TEST_CASE("keep-alive follows the version and the Connection field") {
  CHECK_FALSE(scan("GET / HTTP/1.0\r\n\r\n").head.keep_alive());
  CHECK(scan("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive());
  CHECK_FALSE(scan(with("Connection: x, Close\r\n")).head.keep_alive());
  CHECK_FALSE(scan(with("Connection: x\r\nConnection: close\r\n")).head.keep_alive());
}

}  // namespace
}  // namespace gateway
