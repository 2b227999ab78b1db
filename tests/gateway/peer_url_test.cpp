#include <arpa/inet.h>
#include <netinet/in.h>

#include "gateway/peer/address.h"
#include "gateway/text/url.h"
#include "tests/support/catch.h"

using gateway::AddressKind;
using gateway::parse_peer_url;

namespace {

AddressKind kind(const char* text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    REQUIRE(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1);
    storage.ss_family = AF_INET6;
  }
  return gateway::kind_of(reinterpret_cast<const sockaddr&>(storage));
}

}  // namespace

TEST_CASE("a peer URL is a scheme, a host and a port, written back in one form") {
  CHECK(parse_peer_url("http://Edge.Example")->text() == "http://edge.example");
  CHECK(parse_peer_url("HTTPS://edge.example:443/")->text() == "https://edge.example");
  CHECK(parse_peer_url("https://edge.example:8443")->text() == "https://edge.example:8443");
  CHECK(parse_peer_url("http://127.0.0.1:7200")->port == 7200);
  CHECK(parse_peer_url("http://[::1]:7200")->text() == "http://[::1]:7200");
  CHECK(parse_peer_url("http://[2001:DB8::1]")->host == "2001:db8::1");
}

TEST_CASE("a peer URL with anything else is refused") {
  for (const char* text : {"",
                           "http://",
                           "http:///",
                           "ftp://a",
                           "file:///etc/passwd",
                           "a.example",
                           "http:a",
                           "http://user@a",
                           "http://user:pw@a",
                           "http://a/b",
                           "http://a//",
                           "http://a?x",
                           "http://a#x",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:",
                           "http://a:80x",
                           "http://a:80:80",
                           "http://a b",
                           "http://a\r\nHost: b",
                           "http://a\\b",
                           "http://\xc3\xa4",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[1.2.3.4]",
                           "http://.a",
                           "http://-a",
                           "http://a%2fb",
                           "http://2130706433",
                           "http://0x7f.1",
                           "http://127.1",
                           "http://0177.0.0.1",
                           "http://1.2.3.4.5",
                           "http://127.0.0.1."}) {
    CAPTURE(text);
    CHECK_FALSE(parse_peer_url(text).ok());
  }
  CHECK_FALSE(parse_peer_url("http://" + std::string(300, 'a')).ok());
}

TEST_CASE("a refused URL is not repeated in the message") {
  const auto url = parse_peer_url("http://sesame@example.org");
  REQUIRE_FALSE(url.ok());
  CHECK(url.error().message.find("sesame") == std::string::npos);
}

TEST_CASE("loopback hosts are known by name and by number") {
  for (const char* host : {"localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "::1",
                           "::ffff:127.0.0.1"}) {
    CAPTURE(host);
    CHECK(gateway::is_loopback_host(host));
  }
  for (const char* host : {"localhost.example", "128.0.0.1", "0.0.0.0", "::", "example", ""}) {
    CAPTURE(host);
    CHECK_FALSE(gateway::is_loopback_host(host));
  }
}

TEST_CASE("addresses are judged by what they reach, whatever their form") {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1",
                           "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    CAPTURE(text);
    CHECK(kind(text) == AddressKind::loopback);
  }
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "169.254.169.254",
                           "169.254.0.1",
                           "224.0.0.1",
                           "239.1.1.1",
                           "255.255.255.255",
                           "240.0.0.1",
                           "100.100.100.200",
                           "168.63.129.16",
                           "192.0.0.192",
                           "::",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "fd00:ec2::254",
                           "fd20:ce::254",
                           "::ffff:169.254.169.254",
                           "64:ff9b::a9fe:a9fe",
                           "2002:a9fe:a9fe::",
                           "100::1"}) {
    CAPTURE(text);
    CHECK(kind(text) == AddressKind::forbidden);
  }
  for (const char* text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                           "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1"}) {
    CAPTURE(text);
    CHECK(kind(text) == AddressKind::private_);
  }
  for (const char* text : {"1.1.1.1", "172.32.0.1", "172.15.0.1", "11.0.0.1", "128.0.0.1",
                           "100.128.0.1", "192.0.1.1", "2606:4700::1111", "::ffff:1.1.1.1"}) {
    CAPTURE(text);
    CHECK(kind(text) == AddressKind::global);
  }
}

TEST_CASE("loopback is reached only by a gateway that is itself on loopback") {
  using gateway::AddressPolicy;
  using gateway::is_allowed;
  CHECK_FALSE(is_allowed(AddressKind::loopback, AddressPolicy{}));
  CHECK(is_allowed(AddressKind::loopback, AddressPolicy{.loopback_allowed = true}));
  CHECK(is_allowed(AddressKind::private_, AddressPolicy{}));
  CHECK_FALSE(is_allowed(AddressKind::private_, AddressPolicy{.public_only = true}));
  CHECK(is_allowed(AddressKind::global, AddressPolicy{.public_only = true}));
  CHECK_FALSE(is_allowed(AddressKind::forbidden, AddressPolicy{.loopback_allowed = true}));
}
