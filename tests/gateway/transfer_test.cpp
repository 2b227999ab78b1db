// A channel to another gateway: only who knows the secret gets one, once, and strangers hold nobody
// up.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>

#include "gateway/transfer/local_port.h"
#include "gateway/transfer/timed_socket.h"
#include "tests/support/catch.h"

namespace gateway::transfer {
namespace {

using messaging::TransferChannel;
using messaging::TransferSecret;

const TransferSecret kSecret{1, 2, 3};
const TransferSecret kOther{1, 2, 4};

struct Offered {
  explicit Offered(LocalPortTimes times = {}) : port(times) {
    auto made = port.offer(kSecret);
    REQUIRE(made);
    offer = *std::move(made);
    all = offer->addresses();
    REQUIRE_FALSE(all.empty());
    here = {all.back()};
  }
  void wait() {
    given = std::async(std::launch::async, [this] { return offer->wait(stop.get_token()); });
  }
  std::uint16_t number() const {
    return static_cast<std::uint16_t>(std::stoi(here[0].substr(here[0].rfind(':') + 1)));
  }
  LocalPort port;
  std::unique_ptr<messaging::TransferOffer> offer;
  std::vector<std::string> all, here;
  std::stop_source stop;
  std::future<base::Result<std::unique_ptr<TransferChannel>>> given;
};

TimedSocket stranger(std::uint16_t port) {
  auto socket = TimedSocket::connect("127.0.0.1", std::to_string(port), 5'000, {});
  if (!socket) FAIL(socket.error().message);
  return *std::move(socket);
}

}  // namespace

TEST_CASE("who knows the secret gets a channel with the same keys at both ends") {
  Offered one;
  CHECK(one.here[0].starts_with("127.0.0.1:"));
  one.wait();
  LocalPort taker;
  auto taken = taker.take(one.all, kSecret, {});
  if (!taken) FAIL(taken.error().message);
  auto given = one.given.get();
  REQUIRE(given);
  CHECK((*given)->to_taker().secret == (*taken)->to_taker().secret);
  CHECK((*given)->to_giver().secret == (*taken)->to_giver().secret);
  CHECK((*given)->to_taker().secret != (*given)->to_giver().secret);

  const base::Bytes sent(3'000'000, 7);
  auto sending = std::async(std::launch::async, [&] { return (*given)->send(sent, {}); });
  base::Bytes got(sent.size());
  CHECK((*taken)->receive(got, 5'000, {}).value() == sent.size());
  CHECK(sending.get().ok());
  CHECK(got == sent);
  given->reset();
  CHECK((*taken)->receive(got, 5'000, {}).value() == 0);  // the end
}

TEST_CASE("a code is good once") {
  Offered one;
  one.wait();
  LocalPort taker;
  REQUIRE(taker.take(one.here, kSecret, {}));
  REQUIRE(one.given.get());
  one.offer.reset();
  CHECK_FALSE(taker.take(one.here, kSecret, {}).has_value());
}

TEST_CASE("strangers who stay silent, talk nonsense or know another secret hold nobody up") {
  Offered one;
  one.wait();
  std::vector<TimedSocket> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(stranger(one.number()));
  TimedSocket loud = stranger(one.number());
  REQUIRE(loud.send(base::Bytes(1000, 0xff), 5'000, {}));
  std::array<std::uint8_t, 1> byte{};
  const auto answer = loud.receive(byte, 5'000, {});
  CHECK((!answer || *answer == 0));
  LocalPort taker;
  const auto refused = taker.take(one.here, kOther, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::unavailable);
  const auto taken = taker.take(one.here, kSecret, {});
  if (!taken) FAIL(taken.error().message);
  CHECK(one.given.get().ok());
}

TEST_CASE("strangers of one address have a few places, and each a while for its proof") {
  Offered one({.proof = 50});
  one.wait();
  std::vector<TimedSocket> silent;
  for (std::size_t i = 0; i < 3 * kMostOfAnAddress; ++i) silent.push_back(stranger(one.number()));
  // All of them are dropped, so that there is room again.
  for (TimedSocket& socket : silent) {
    std::array<std::uint8_t, 1> byte{};
    const auto end = socket.receive(byte, 10'000, {});
    CHECK((!end || *end == 0));
  }
  LocalPort taker;
  CHECK(taker.take(one.here, kSecret, {}).has_value());
  CHECK(one.given.get().ok());
}

TEST_CASE("an offer ends with its time, and when it is stopped") {
  Offered brief({.offer = 50});
  brief.wait();
  const auto over = brief.given.get();
  REQUIRE_FALSE(over);
  CHECK(over.error().message.find("no other gateway came") != std::string::npos);
  Offered stopped;
  stopped.wait();
  stopped.stop.request_stop();
  CHECK_FALSE(stopped.given.get().has_value());
}

TEST_CASE("a taker that finds nobody says so, and takes no name for an address") {
  LocalPort taker({.connect = 100});
  CHECK_FALSE(taker.take({"127.0.0.1:1"}, kSecret, {}).has_value());
  CHECK_FALSE(taker.take({"localhost:1", "nonsense", ""}, kSecret, {}).has_value());
  CHECK_FALSE(taker.take({}, kSecret, {}).has_value());
}

}  // namespace gateway::transfer
