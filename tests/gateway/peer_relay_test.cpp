#include <future>

#include "gateway/peer/deposit_endpoint.h"
#include "gateway/peer/deposit_wire.h"
#include "gateway/peer/http_transport.h"
#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace {

using gateway::test::ask;
using gateway::test::HttpWorld;
using messaging::peering::Arrival;
using messaging::peering::ArrivalReply;
using messaging::peering::ArrivalVerdict;
using messaging::peering::DepositOutcome;
using messaging::peering::DepositReply;

// Answers as configured and keeps what arrived.
class FakeMailroom final : public messaging::peering::Mailroom {
 public:
  void accept(Arrival arrival, base::Completion<ArrivalReply> done) override {
    ArrivalReply reply;
    {
      base::Lock lock(mutex_);
      arrivals_.push_back(std::move(arrival));
      reply = reply_;
    }
    done(reply);
  }
  std::optional<ArrivalReply> judge(const messaging::peering::ArrivalHead& head) override {
    base::Lock lock(mutex_);
    judged_.push_back(head.size);
    return judgement_;
  }
  void judge_with(ArrivalVerdict verdict, base::Millis retry_after) {
    base::Lock lock(mutex_);
    judgement_ = ArrivalReply{verdict, retry_after, 0};
  }
  std::vector<std::uint64_t> judged() {
    base::Lock lock(mutex_);
    return judged_;
  }
  void answer(ArrivalVerdict verdict, base::Millis retry_after = 0, base::UnixMillis our_time = 0) {
    base::Lock lock(mutex_);
    reply_.verdict = verdict;
    reply_.retry_after = retry_after;
    reply_.our_time = our_time;
  }
  std::vector<Arrival> arrivals() {
    base::Lock lock(mutex_);
    return arrivals_;
  }

 private:
  base::Mutex mutex_;
  ArrivalReply reply_ GUARDED_BY(mutex_);
  std::vector<Arrival> arrivals_ GUARDED_BY(mutex_);
  std::optional<ArrivalReply> judgement_ GUARDED_BY(mutex_);
  std::vector<std::uint64_t> judged_ GUARDED_BY(mutex_);
};

// A mailroom behind a real server, and a real transport that deposits into it.
class Link {
 public:
  Link()
      : world_([this](gateway::RouteTable& routes) {
          gateway::add_deposit_endpoint(
              routes, mailroom_, clock_,
              {.unproven = {.per_second = 1, .burst = 2}, .proven = {.per_second = 1, .burst = 3}});
        }),
        loop_(std::move(*gateway::EventLoop::create(clock_))),
        transport_(*loop_, {.addresses = {.loopback_allowed = true}}),
        thread_([this] { loop_->run(); }) {}
  ~Link() {
    loop_->post([this] { transport_.close(); });
    loop_->stop();
    thread_.join();
  }

  DepositReply deposit(messaging::peering::Deposit deposit) {
    deposit.urls = {"http://127.0.0.1:" + std::to_string(world_.port)};
    auto promise = std::make_shared<std::promise<DepositReply>>();
    auto reply = promise->get_future();
    transport_.deposit(std::move(deposit), [promise](base::Result<DepositReply> result) {
      promise->set_value(result.ok() ? *result : DepositReply{});
    });
    REQUIRE(reply.wait_for(std::chrono::minutes(1)) == std::future_status::ready);
    return reply.get();
  }
  static messaging::peering::Deposit envelopes(const std::vector<base::Bytes>& list) {
    messaging::peering::Deposit out;
    out.mailbox = "box";
    out.token = messaging::DepositToken::generate();
    out.body = messaging::DepositBody::of(list);
    return out;
  }

  base::SystemClock clock_;
  FakeMailroom mailroom_;
  HttpWorld world_;
  std::unique_ptr<gateway::EventLoop> loop_;
  gateway::HttpTransport transport_;
  std::thread thread_;
};

constexpr const char* kPath = "/relay/v1/mailboxes/box/envelopes";

std::string proof() {
  return "Deposit-Key: " + std::string(32, 'a') +
         "\r\nDeposit-Time: 1\r\nDeposit-Mac: " + std::string(64, 'b') + "\r\n";
}

}  // namespace

TEST_CASE("what one gateway deposits another one's mailroom gets, byte for byte and proven") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::stored);
  base::Bytes every(256);
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::uint8_t>(i);
  auto sent = Link::envelopes({every, base::Bytes(100'000, 7)});
  const auto key = messaging::deposit_key(sent.token);
  const auto id = messaging::deposit_key_id(sent.token);
  const auto body = sent.body.bytes;
  CHECK(link.deposit(std::move(sent)).outcome == DepositOutcome::stored);
  const auto arrivals = link.mailroom_.arrivals();
  REQUIRE(arrivals.size() == 1);
  CHECK(arrivals[0].mailbox == "box");
  CHECK(arrivals[0].body == body);
  CHECK(arrivals[0].proof.key_id == id);
  CHECK(messaging::proof_holds(key, arrivals[0].proof, "box", arrivals[0].body));
}

TEST_CASE("each verdict reaches the depositor as what it means there") {
  Link link;
  const auto outcome_of = [&](ArrivalVerdict verdict, base::Millis pause = 0) {
    link.mailroom_.answer(verdict, pause);
    return link.deposit(Link::envelopes({base::Bytes(10, 1)}));
  };
  CHECK(outcome_of(ArrivalVerdict::unproven).outcome == DepositOutcome::refused);
  CHECK(outcome_of(ArrivalVerdict::too_large).outcome == DepositOutcome::too_large);
  CHECK(outcome_of(ArrivalVerdict::malformed).outcome == DepositOutcome::unreachable);
  CHECK(outcome_of(ArrivalVerdict::full).outcome == DepositOutcome::busy);
  CHECK(outcome_of(ArrivalVerdict::unavailable).outcome == DepositOutcome::busy);
  const auto many = outcome_of(ArrivalVerdict::too_many, 1'500);
  CHECK(many.outcome == DepositOutcome::busy);
  CHECK(many.retry_after == 2'000);  // whole seconds, never less than asked
}

TEST_CASE("clocks that differ are reconciled between two gateways") {
  Link link;
  const auto theirs = link.clock_.now() - 7'200'000;
  link.mailroom_.answer(ArrivalVerdict::clock, 0, theirs);
  const auto reply = link.deposit(Link::envelopes({base::Bytes(10, 1)}));
  CHECK(reply.outcome == DepositOutcome::refused);
  CHECK(reply.peer_time == theirs);
  const auto arrivals = link.mailroom_.arrivals();
  REQUIRE(arrivals.size() == 2);
  CHECK(std::abs(arrivals[1].proof.time - theirs) < 60'000);
}

TEST_CASE("the largest deposit passes and a larger body is refused by its head") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::stored);
  auto most = Link::envelopes({base::Bytes(messaging::kMaxDepositBytes - 4, 1)});
  CHECK(link.deposit(std::move(most)).outcome == DepositOutcome::stored);
  const auto over =
      ask(link.world_.port, "POST " + std::string(kPath) + " HTTP/1.1\r\nHost: localhost\r\n" +
                                proof() + "Content-Length: 2097153\r\n\r\n");
  CHECK(over.status == 413);
  CHECK(link.mailroom_.arrivals().size() == 1);
}

TEST_CASE("whatever is not proven gets one and the same answer, and the mailroom is not asked") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::unproven);
  const auto post = [&](const std::string& path, const std::string& headers) {
    return ask(link.world_.port, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                                     "Content-Length: 3\r\n\r\nabc");
  };
  const auto wrong = post(kPath, proof());
  CHECK(wrong.status == 401);
  CHECK(link.mailroom_.arrivals().size() == 1);
  for (const std::string& headers : {std::string(), std::string("Deposit-Key: zz\r\n"),
                                     proof().substr(0, 48), std::string("X-API-Key: secret\r\n")}) {
    const auto reply = post(kPath, headers);
    CHECK(reply.status == 401);
    CHECK(reply.body == wrong.body);
    CHECK_FALSE(reply.field("Deposit-Time"));
  }
  CHECK(post("/relay/v1/mailboxes/%2e%2e/envelopes", proof()).body == wrong.body);
  CHECK(post("/relay/v1/mailboxes/a%20b/envelopes", proof()).body == wrong.body);
  CHECK(link.mailroom_.arrivals().size() == 1);
}

TEST_CASE("a browser cannot deposit") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::stored);
  for (const char* origin : {"http://localhost", "https://evil.example", "null"}) {
    const auto reply =
        ask(link.world_.port, "POST " + std::string(kPath) +
                                  " HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin + "\r\n" +
                                  proof() + "Content-Length: 0\r\n\r\n");
    CHECK(reply.status == 403);
  }
  CHECK(link.mailroom_.arrivals().empty());
}

namespace {

gateway::test::Reply from_elsewhere(Link& link, const std::string& path = kPath) {
  return ask(link.world_.port, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 x\r\n" +
                                   proof() + "Content-Length: 0\r\n\r\n");
}

}  // namespace

TEST_CASE("an address that proves nothing is slowed down, and this machine never") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::unproven);
  CHECK(from_elsewhere(link).status == 401);
  CHECK(from_elsewhere(link).status == 401);
  const auto slowed = from_elsewhere(link);
  CHECK(slowed.status == 429);
  CHECK(slowed.field("Retry-After") == "1");
  for (int i = 0; i < 6; ++i) {
    CHECK(link.deposit(Link::envelopes({base::Bytes(1, 1)})).outcome == DepositOutcome::refused);
  }
}

TEST_CASE("a deposit key has a rate of its own, which no stranger can use up") {
  Link link;
  link.mailroom_.answer(ArrivalVerdict::unproven);
  for (int i = 0; i < 10; ++i) from_elsewhere(link);  // the key's name alone charges nothing
  link.mailroom_.answer(ArrivalVerdict::stored);
  int stored = 0;
  int slowed = 0;
  for (int i = 0; i < 8; ++i) {
    const auto reply =
        ask(link.world_.port, "POST " + std::string(kPath) + " HTTP/1.1\r\nHost: localhost\r\n" +
                                  proof() + "Content-Length: 0\r\n\r\n");
    if (reply.status == 204) ++stored;
    if (reply.status == 429) ++slowed;
  }
  CHECK(stored >= 3);
  CHECK(slowed >= 1);
}

TEST_CASE("the mailroom judges a deposit before its body is sent") {
  Link link;
  link.mailroom_.judge_with(ArrivalVerdict::full, 7'000);
  const auto reply =
      ask(link.world_.port, "POST " + std::string(kPath) + " HTTP/1.1\r\nHost: localhost\r\n" +
                                proof() + "Content-Length: 2000000\r\n\r\n");
  CHECK(reply.status == 507);
  CHECK(reply.field("Retry-After") == "7");
  CHECK(link.mailroom_.arrivals().empty());
  CHECK(link.mailroom_.judged() == std::vector<std::uint64_t>{2'000'000});
}
