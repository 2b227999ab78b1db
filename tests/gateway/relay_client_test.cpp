// Which address a link to a relay may lead to: as the account's relay is named, by whom, and anew
// when it changes.
#include <future>

#include "gateway/relay/client.h"
#include "messaging/api/engine.h"
#include "store/schema/migrations.h"
#include "tests/gateway/http_world.h"
#include "tests/gateway/peer_test_server.h"
#include "tests/store/world.h"

namespace gateway::test {
namespace {

using peer_test::always;
using peer_test::Server;

// Every call is refused: a link that reaches it shows as a request and comes back after a pause.
constexpr const char* kRefuses = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

class NoTransport final : public messaging::peering::DepositTransport {
 public:
  void deposit(messaging::peering::Deposit,
               base::Completion<messaging::peering::DepositReply> done) override {
    done(messaging::peering::DepositReply{});
  }
};

// Account 1 of an engine, and the links to its relay. Loopback is allowed as where the daemon's own
// URL is a loopback one.
class Links {
 public:
  explicit Links(std::string by_settings = "", AddressPolicy policy = {.loopback_allowed = true}) {
    store::StoreOptions options;
    options.dir = dir_.path();
    options.migrations = store::migrations();
    options.clock = &clock_;
    store_ = ::test::must(store::Store::open(std::move(options)));
    messaging::kernel::EngineOptions engine;
    engine.profile = "alice";
    engine.host = "alice.test";
    engine.public_urls = {"http://alice.test"};
    engine.paths.accounts_dir = dir_.path();
    engine.relay_url = std::move(by_settings);
    engine_ = ::test::must(messaging::Engine::open(*store_, transport_, clock_, std::move(engine)));
    loop_ = ::test::must(EventLoop::create(clock_));
    client_ = std::make_unique<RelayClient>(*loop_, workers_, engine_->relayed(), policy);
    loop_->post([this] { client_->start(); });
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~Links() {
    loop_->post([this] {
      client_.reset();
      loop_->stop();
    });
    thread_.join();
    workers_.stop();
    engine_->stop();
  }

  base::AccountId add_account() {
    std::promise<base::AccountId> added;
    engine_->accounts().add([&](const base::Result<base::AccountId>& id) {
      added.set_value(id ? *id : base::AccountId());
    });
    const base::AccountId id = added.get_future().get();
    REQUIRE(id.valid());
    return id;
  }
  void name_relay(base::AccountId account, const std::string& url) {
    std::promise<bool> done;
    engine_->config().set(account, {{"relay_url", url}},
                          [&](const base::Result<>& set) { done.set_value(set.ok()); });
    REQUIRE(done.get_future().get());
  }
  // Lets every link that rests try again, until `server` was asked so many times more.
  bool until_asked(const Server& server, std::size_t times) {
    const std::size_t enough = server.requests().size() + times;
    return eventually([&] {
      clock_.advance(120'000);
      loop_->post([] {});
      return server.requests().size() >= enough;
    });
  }

 private:
  ::test::TempDir dir_;
  base::ManualClock clock_;
  NoTransport transport_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<messaging::Engine> engine_;
  std::unique_ptr<EventLoop> loop_;
  WorkerPool workers_{2};
  std::unique_ptr<RelayClient> client_;
  std::thread thread_;
};

constexpr base::AccountId kFirst{1};

// A name that the resolver leads to this machine, and that is_loopback_relay() does not know.
std::string name_of(const Server& server) {
  return "http://%6cocalhost:" + std::to_string(server.port());
}

TEST_CASE("a relay's name that leads to this machine is followed where the settings name it") {
  const Server named(always(kRefuses));
  Links links(name_of(named));
  CHECK(links.until_asked(named, 2));
}

TEST_CASE("a relay's name that leads to this machine is not followed where an account names it") {
  const Server named(always(kRefuses));
  const Server control(always(kRefuses));
  Links links;
  links.name_relay(kFirst, name_of(named));
  links.name_relay(links.add_account(), control.url());
  REQUIRE(links.until_asked(control, 5));  // each time the first account's link had its turn too
  CHECK(named.connections() == 0);
}

TEST_CASE("a relay at a loopback address is followed wherever our own URL leads") {
  const Server relay(always(kRefuses));
  Links links("", {.loopback_allowed = false});
  links.name_relay(kFirst, relay.url());
  CHECK(links.until_asked(relay, 2));
}

TEST_CASE("a link is made anew when its relay changes, and judged by who names it now") {
  const Server named(always(kRefuses));
  const Server control(always(kRefuses));
  Links links(name_of(named));
  links.name_relay(links.add_account(), control.url());
  REQUIRE(links.until_asked(named, 2));
  // The same URL, from the account's config now.
  links.name_relay(kFirst, name_of(named));
  // What the old link has under way may arrive yet; after that nobody asks there.
  bool asked = true;
  for (int round = 0; asked && round < 10; ++round) {
    const std::size_t before = named.requests().size();
    REQUIRE(links.until_asked(control, 5));
    asked = named.requests().size() != before;
  }
  CHECK_FALSE(asked);
  // Another address.
  links.name_relay(kFirst, named.url());
  CHECK(links.until_asked(named, 2));
}

}  // namespace
}  // namespace gateway::test
