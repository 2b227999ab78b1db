#include "gateway/limits/rate_limit.h"
#include "gateway/peer/deposit_wire.h"
#include "gateway/peer/peer_memory.h"
#include "tests/support/catch.h"

using messaging::peering::DepositOutcome;

TEST_CASE("a proof is read from exactly its form and nothing near it") {
  const std::string key(32, 'a');
  const std::string mac(64, 'B');
  const auto proof = gateway::read_proof(key, "1800000000000", mac);
  REQUIRE(proof);
  CHECK(proof->time == 1'800'000'000'000);
  CHECK(proof->key_id[15] == 0xaa);
  CHECK(proof->mac[31] == 0xbb);
  CHECK_FALSE(gateway::read_proof("", "1", mac));
  CHECK_FALSE(gateway::read_proof(key + "aa", "1", mac));
  CHECK_FALSE(gateway::read_proof(key, "1", mac.substr(2)));
  CHECK_FALSE(gateway::read_proof(key, "1", std::string(64, 'g')));
  for (const char* time : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "9999999999999999"}) {
    CAPTURE(time);
    CHECK_FALSE(gateway::read_proof(key, time, mac));
  }
  CHECK(gateway::read_time(gateway::format_time(1'800'000'000'123)) == 1'800'000'000'123);
}

TEST_CASE("mailbox names cannot leave their place in the path") {
  CHECK(gateway::is_mailbox("aZ09_-"));
  CHECK(gateway::is_mailbox(std::string(64, 'a')));
  for (const std::string& text :
       {std::string(), std::string(65, 'a'), std::string("a/b"), std::string(".."),
        std::string("a b"), std::string("a?b"), std::string("a\r\n"), std::string("a%2f"),
        std::string("\xc3\xa4")}) {
    CAPTURE(text);
    CHECK_FALSE(gateway::is_mailbox(text));
  }
}

TEST_CASE("only 204 is stored, and a pause is whole seconds within bounds") {
  CHECK(gateway::outcome_of_status(204) == DepositOutcome::stored);
  for (const long status : {200, 201, 202, 301, 302, 307, 400, 405, 418, 500, 502, 504, 0}) {
    CAPTURE(status);
    CHECK(gateway::outcome_of_status(status) == DepositOutcome::unreachable);
  }
  for (const long status : {401, 403, 404, 410}) {
    CHECK(gateway::outcome_of_status(status) == DepositOutcome::refused);
  }
  CHECK(gateway::outcome_of_status(413) == DepositOutcome::too_large);
  for (const long status : {429, 503, 507}) {
    CHECK(gateway::outcome_of_status(status) == DepositOutcome::busy);
  }
  CHECK(gateway::read_retry_after("7") == 7'000);
  CHECK(gateway::read_retry_after("999999") == gateway::kMaxRetryAfter);
  CHECK(gateway::read_retry_after("99999999999999999999999") == gateway::kMaxRetryAfter);
  for (const char* text : {"", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "7 "}) {
    CAPTURE(text);
    CHECK(gateway::read_retry_after(text) == 0);
  }
}

TEST_CASE("whoever may still take a deposit counts for more than whoever refused it") {
  messaging::peering::DepositReply refused;
  messaging::peering::DepositReply gone;
  messaging::peering::DepositReply busy;
  refused.outcome = DepositOutcome::refused;
  gone.outcome = DepositOutcome::unreachable;
  busy.outcome = DepositOutcome::busy;
  CHECK(gateway::more_hopeful(refused, gone).outcome == DepositOutcome::unreachable);
  CHECK(gateway::more_hopeful(gone, refused).outcome == DepositOutcome::unreachable);
  CHECK(gateway::more_hopeful(busy, gone).outcome == DepositOutcome::busy);
}

TEST_CASE("peers' URLs are tried in order, the recently dead last, and never plain beside https") {
  const auto url = [](const char* text) { return *gateway::parse_peer_url(text); };
  gateway::PeerMemory memory;
  memory.of(url("http://a")).down_until = 500;
  const auto order = memory.order({url("http://a"), url("http://b"), url("http://c")}, 499);
  CHECK(order[0].host == "b");
  CHECK(order[1].host == "c");
  CHECK(order[2].host == "a");
  CHECK(memory.order({url("http://a"), url("http://b")}, 500)[0].host == "a");
  const auto safe = memory.order({url("http://a"), url("https://b"), url("http://c")}, 0);
  REQUIRE(safe.size() == 1);
  CHECK(safe[0].https);
}

TEST_CASE("an address that deposits too fast learns how long to wait") {
  base::ManualClock clock;
  gateway::RateLimit limit(clock, {.per_second = 2, .burst = 3});
  for (int i = 0; i < 3; ++i) CHECK(limit.take("192.0.2.1") == 0);
  CHECK(limit.take("192.0.2.1") == 500);
  CHECK(limit.take("192.0.2.2") == 0);  // another address is not delayed
  clock.advance(400);
  CHECK(limit.take("192.0.2.1") > 0);
  clock.advance(101);
  CHECK(limit.take("192.0.2.1") == 0);
  clock.advance(3'600'000);
  for (int i = 0; i < 3; ++i) CHECK(limit.take("192.0.2.1") == 0);
  CHECK(limit.take("192.0.2.1") > 0);  // no credit beyond the burst
}

TEST_CASE("a whole IPv6 network shares one allowance") {
  base::ManualClock clock;
  gateway::RateLimit limit(clock, {.per_second = 1, .burst = 1});
  CHECK(limit.take("2001:db8:1:2:3:4:5:6") == 0);
  CHECK(limit.take("2001:db8:1:2:ffff::9") > 0);
  CHECK(limit.take("2001:db8:1:3::1") == 0);
}

TEST_CASE("a flood of addresses makes nobody's spent allowance come back") {
  base::ManualClock clock;
  gateway::RateLimit limit(clock, {.per_second = 1, .burst = 2});
  for (int i = 0; i < 2; ++i) CHECK(limit.take("192.0.2.1") == 0);
  for (int i = 0; i < 25'000; ++i) {
    limit.take("10." + std::to_string(i / 65'536) + "." + std::to_string(i / 256 % 256) + "." +
               std::to_string(i % 256));
  }
  CHECK(limit.wait("192.0.2.1") > 0);
  CHECK(limit.take("192.0.2.1") > 0);
}
