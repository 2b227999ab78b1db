#include "base/host.h"

#include "tests/support/catch.h"

TEST_CASE("the host of a URL is found whatever stands around it") {
  using base::host_of_url;
  CHECK(host_of_url("http://edge.example") == "edge.example");
  CHECK(host_of_url("https://edge.example:8443/relay") == "edge.example");
  CHECK(host_of_url("http://[::1]:80") == "::1");
  CHECK(host_of_url("http://user@127.0.0.1?x") == "127.0.0.1");
  for (const char* none : {"", "edge.example", "http://", "http://[::1"}) {
    CAPTURE(none);
    CHECK(host_of_url(none).empty());
  }
}

TEST_CASE("a dot at the end does not hide a loopback name") {
  CHECK(base::is_loopback_host("localhost."));
  CHECK_FALSE(base::is_loopback_host("localhost.example."));
}
