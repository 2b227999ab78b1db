#include <future>

#include "gateway/peer/deposit_wire.h"
#include "gateway/peer/http_transport.h"
#include "tests/gateway/peer_test_server.h"
#include "tests/support/catch.h"

namespace {

using gateway::HttpTransport;
using gateway::HttpTransportOptions;
using messaging::peering::Deposit;
using messaging::peering::DepositOutcome;
using messaging::peering::DepositReply;
using peer_test::always;
using peer_test::Line;
using peer_test::Server;

constexpr const char* kStored = "HTTP/1.1 204 No Content\r\n\r\n";

std::string answer(const std::string& status, const std::string& headers = "") {
  std::string out("HTTP/1.1 ");
  out += status;
  out += "\r\nContent-Length: 5\r\n";
  out += headers;
  out += "\r\nsorry";
  return out;
}

// A loop on a thread of its own with a transport on it.
class Rig {
 public:
  explicit Rig(HttpTransportOptions options = {.addresses = {.loopback_allowed = true}})
      : loop_(std::move(*gateway::EventLoop::create(clock_))),
        transport_(std::make_unique<HttpTransport>(*loop_, std::move(options))),
        thread_([this] { loop_->run(); }) {}
  ~Rig() {
    loop_->post([this] { transport_->close(); });
    loop_->stop();
    thread_.join();
  }

  std::future<DepositReply> start(Deposit deposit) {
    auto promise = std::make_shared<std::promise<DepositReply>>();
    transport_->deposit(std::move(deposit), [promise](base::Result<DepositReply> reply) {
      if (reply.ok()) {
        promise->set_value(*reply);
      } else {
        promise->set_exception(std::make_exception_ptr(std::runtime_error("an error")));
      }
    });
    return promise->get_future();
  }
  DepositReply send(std::vector<std::string> urls, std::size_t size = 100) {
    return finish(start(deposit(std::move(urls), size)));
  }
  static DepositReply finish(std::future<DepositReply> reply) {
    REQUIRE(reply.wait_for(std::chrono::minutes(1)) == std::future_status::ready);
    return reply.get();
  }
  static Deposit deposit(std::vector<std::string> urls, std::size_t size = 100) {
    Deposit out;
    out.urls = std::move(urls);
    out.mailbox = "box-1";
    out.token = messaging::DepositToken::generate();
    out.body = messaging::DepositBody::of({base::Bytes(size, 0x42)});
    return out;
  }

  base::SystemClock clock_;
  std::unique_ptr<gateway::EventLoop> loop_;
  std::unique_ptr<HttpTransport> transport_;
  std::thread thread_;
};

std::string header(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// A port of this machine where nothing listens.
std::string dead_url() {
  gateway::Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace

TEST_CASE("a deposit arrives with its proof and its envelopes, and 204 means stored") {
  Server server(always(kStored));
  Rig rig;
  CHECK(rig.send({server.url()}).outcome == DepositOutcome::stored);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  const auto& request = requests[0];
  CHECK(request.rfind("POST /relay/v1/mailboxes/box-1/envelopes HTTP/1.1\r\n", 0) == 0);
  CHECK(header(request, "Content-Type") == "application/octet-stream");
  CHECK(gateway::read_proof(header(request, "Deposit-Key"), header(request, "Deposit-Time"),
                            header(request, "Deposit-Mac")));
  CHECK(request.substr(request.find("\r\n\r\n") + 4) ==
        std::string("\0\0\0\x64", 4).append(100, 0x42));
  CHECK(header(request, "User-Agent").empty());
  CHECK(header(request, "Expect").empty());
}

TEST_CASE("each status has its meaning, and a pause is passed on") {
  struct Row {
    std::string status;
    DepositOutcome outcome;
  };
  for (const Row& row :
       {Row{"401 No", DepositOutcome::refused}, Row{"404 No", DepositOutcome::refused},
        Row{"413 Big", DepositOutcome::too_large}, Row{"429 Many", DepositOutcome::busy},
        Row{"503 No", DepositOutcome::busy}, Row{"507 Full", DepositOutcome::busy},
        Row{"200 OK", DepositOutcome::unreachable}, Row{"500 Oh", DepositOutcome::unreachable}}) {
    CAPTURE(row.status);
    Server server(always(answer(row.status, "Retry-After: 3\r\n")));
    Rig rig;
    const auto reply = rig.send({server.url()});
    CHECK(reply.outcome == row.outcome);
    CHECK(reply.retry_after == (row.outcome == DepositOutcome::busy ? 3'000 : 0));
  }
}

TEST_CASE("a connection is kept and used again") {
  Server server(always(kStored));
  Rig rig;
  for (int i = 0; i < 20; ++i) REQUIRE(rig.send({server.url()}).outcome == DepositOutcome::stored);
  CHECK(server.connections() == 1);
  CHECK(server.requests().size() == 20);
}

TEST_CASE("a kept connection that the peer closed meanwhile is replaced without a failure") {
  Server server([](const std::string&, const Line& line) {
    line.send(kStored);
    return false;  // closes, without having said so
  });
  Rig rig;
  for (int i = 0; i < 5; ++i) CHECK(rig.send({server.url()}).outcome == DepositOutcome::stored);
}

TEST_CASE("URLs are tried in order until one takes the deposit") {
  Server stored(always(kStored));
  Server refusing(always(answer("404 No")));
  Rig rig;
  CHECK(rig.send({dead_url(), stored.url()}).outcome == DepositOutcome::stored);
  CHECK(rig.send({refusing.url(), stored.url()}).outcome == DepositOutcome::stored);
  CHECK(rig.send({refusing.url(), dead_url()}).outcome == DepositOutcome::unreachable);
  CHECK(rig.send({refusing.url()}).outcome == DepositOutcome::refused);
  CHECK(stored.requests().size() == 2);
}

TEST_CASE("a redirect is not followed") {
  Server target(always(kStored));
  for (const char* status : {"301 Moved", "302 Found", "307 Moved", "308 Moved"}) {
    Server server(always(answer(status, "Location: " + target.url() + "/\r\n")));
    Rig rig;
    CHECK(rig.send({server.url()}).outcome == DepositOutcome::unreachable);
  }
  CHECK(target.requests().empty());
}

TEST_CASE("a peer that never answers costs its time-out and nothing else") {
  Server silent([](const std::string&, const Line& line) {
    line.hold();
    return false;
  });
  Server stored(always(kStored));
  Rig rig({.addresses = {.loopback_allowed = true}, .answer_timeout = 1'500});
  auto waiting = rig.start(Rig::deposit({silent.url()}));
  CHECK(rig.send({stored.url()}).outcome == DepositOutcome::stored);
  CHECK(waiting.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  CHECK(Rig::finish(std::move(waiting)).outcome == DepositOutcome::unreachable);
}

TEST_CASE("one silent peer cannot take every place") {
  Server silent([](const std::string&, const Line& line) {
    line.hold();
    return false;
  });
  Server stored(always(kStored));
  Rig rig({.addresses = {.loopback_allowed = true},
           .answer_timeout = 2'000,
           .at_once = 6,
           .at_once_per_host = 4});
  std::vector<std::future<DepositReply>> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(rig.start(Rig::deposit({silent.url()})));
  CHECK(rig.send({stored.url()}).outcome == DepositOutcome::stored);
  CHECK(waiting.back().wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  for (auto& reply : waiting) {
    CHECK(Rig::finish(std::move(reply)).outcome == DepositOutcome::unreachable);
  }
}

TEST_CASE("deposits to URLs that were never reached take no place from others") {
  std::atomic<int> held{0};
  std::atomic<int> most_held{0};
  const Server silent([&](const std::string&, const Line& line) {
    const int now = ++held;
    for (int most = most_held; most < now && !most_held.compare_exchange_weak(most, now);) {
    }
    line.hold();
    --held;
    return false;
  });
  const Server good(always(kStored));
  Rig rig({.addresses = {.loopback_allowed = true},
           .answer_timeout = 3'000,
           .at_once = 1,
           .unreached_at_once = 6,
           .unreached_per_host = 2,
           .unreached_timeout = 1'000});
  const auto never_reached = [](const std::string& url) {
    Deposit deposit = Rig::deposit({url}, 100);
    deposit.unreached = true;
    return deposit;
  };
  std::vector<std::future<DepositReply>> hang;
  for (int i = 0; i < 6; ++i) hang.push_back(rig.start(never_reached(silent.url())));
  for (int i = 0; i < 3; ++i) CHECK(rig.send({good.url()}).outcome == DepositOutcome::stored);
  // Nor from one another at another host.
  CHECK(Rig::finish(rig.start(never_reached(good.url()))).outcome == DepositOutcome::stored);
  for (auto& one : hang) {
    CHECK(Rig::finish(std::move(one)).outcome == DepositOutcome::unreachable);
  }
  CHECK(silent.requests().size() == 6);
  CHECK(most_held <= 4);  // a connection is seen to end a moment after the next one began
}

TEST_CASE("large deposits leave places for small ones at the same peer") {
  Server slow([](const std::string& request, const Line& line) {
    if (request.find("box-of-files") == std::string::npos) return line.send(kStored);
    line.hold();
    return false;
  });
  Rig rig;
  std::vector<std::future<DepositReply>> files;
  for (std::size_t i = 0; i < 2 * HttpTransportOptions{}.at_once_per_host; ++i) {
    auto deposit = Rig::deposit({slow.url()}, 100'000);
    deposit.mailbox = "box-of-files";
    files.push_back(rig.start(std::move(deposit)));
  }
  CHECK(rig.send({slow.url()}).outcome == DepositOutcome::stored);
  CHECK(files.front().wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  rig.loop_->post([&] { rig.transport_->close(); });
  for (auto& reply : files) {
    CHECK(Rig::finish(std::move(reply)).outcome == DepositOutcome::unreachable);
  }
}

TEST_CASE("an endless answer is cut off, in its body and in its head") {
  const std::string piece(64 * 1024, 'x');
  std::atomic<std::size_t> sent{0};
  Server body([&](const std::string&, const Line& line) {
    line.send("HTTP/1.1 204 No Content\r\n\r\n");
    line.send("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n");
    return false;
  });
  Server endless([&](const std::string&, const Line& line) {
    if (!line.send("HTTP/1.1 413 Big\r\n\r\n")) return false;
    while (sent < 64 * 1024 * 1024 && line.send(piece)) sent += piece.size();
    return false;
  });
  std::atomic<std::size_t> heads{0};
  Server head([&](const std::string&, const Line& line) {
    if (!line.send("HTTP/1.1 413 Big\r\n")) return false;
    while (heads < 100'000 && line.send("X-Padding: " + std::string(100, 'x') + "\r\n")) ++heads;
    return false;
  });
  Rig rig;
  CHECK(rig.send({endless.url()}).outcome == DepositOutcome::unreachable);
  CHECK(sent < 32 * 1024 * 1024);
  CHECK(rig.send({head.url()}).outcome == DepositOutcome::unreachable);
  CHECK(heads < 100'000);
  CHECK(rig.send({body.url()}).outcome == DepositOutcome::stored);  // what follows is not ours
}

TEST_CASE("broken answers are no answers") {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 413 Big\r\nContent-Length: 100\r\n\r\nshort"),
        std::string("nonsense\r\n\r\n"), std::string("HTTP/1.1 204"), std::string(),
        std::string(1000, '\0'), std::string("HTTP/1.1 204 No\r\nContent-Le")}) {
    CAPTURE(bytes.substr(0, 30));
    Server server([&](const std::string&, const Line& line) {
      line.send(bytes);
      return false;
    });
    Rig rig({.addresses = {.loopback_allowed = true}, .answer_timeout = 5'000});
    CHECK(rig.send({server.url()}).outcome == DepositOutcome::unreachable);
  }
}

TEST_CASE("forbidden addresses are never connected to, by number or by name") {
  Server server(always(kStored));
  const std::string port = std::to_string(server.port());
  Rig outside({.addresses = {}});  // our own URL is not a loopback one
  CHECK(outside.send({server.url()}).outcome == DepositOutcome::unreachable);
  CHECK(outside.send({"http://localhost:" + port}).outcome == DepositOutcome::unreachable);
  CHECK(outside.send({"http://[::ffff:127.0.0.1]:" + port}).outcome == DepositOutcome::unreachable);
  Rig inside;
  CHECK(inside.send({"http://localhost:" + port}).outcome == DepositOutcome::stored);
  CHECK(inside.send({"http://0.0.0.0:" + port}).outcome == DepositOutcome::unreachable);
  CHECK(inside.send({"http://169.254.169.254"}).outcome == DepositOutcome::unreachable);
  CHECK(server.requests().size() == 1);
  Rig strict({.addresses = {.loopback_allowed = true, .public_only = true}});
  CHECK(strict.send({"http://10.255.255.1:1"}).outcome == DepositOutcome::unreachable);
}

TEST_CASE("a URL or mailbox that is none is not asked for") {
  Server server(always(kStored));
  Rig rig;
  const std::string port = std::to_string(server.port());
  for (const std::string& url :
       {"http://user:pw@127.0.0.1:" + port, "http://127.0.0.1:" + port + "/admin",
        "ftp://127.0.0.1:" + port, std::string("file:///etc/passwd")}) {
    CAPTURE(url);
    CHECK(rig.send({url}).outcome == DepositOutcome::unreachable);
  }
  auto deposit = Rig::deposit({server.url()});
  deposit.mailbox = "../../rpc?";
  CHECK(Rig::finish(rig.start(std::move(deposit))).outcome == DepositOutcome::unreachable);
  CHECK(rig.send({}).outcome == DepositOutcome::unreachable);
  CHECK(server.requests().empty());
}

TEST_CASE("a peer with another clock is asked again by its own time, and remembered") {
  const base::Millis ahead = 3 * 3600 * 1000;
  base::SystemClock clock;
  Server server([&](const std::string& request, const Line& line) {
    const auto time = gateway::read_time(header(request, "Deposit-Time"));
    const auto theirs = clock.now() + ahead;
    if (time && std::abs(*time - theirs) < 60'000) return line.send(kStored);
    return line.send(answer("401 No", "deposit-time: " + gateway::format_time(theirs) + "\r\n"));
  });
  Rig rig;
  CHECK(rig.send({server.url()}).outcome == DepositOutcome::stored);
  CHECK(server.requests().size() == 2);
  CHECK(rig.send({server.url()}).outcome == DepositOutcome::stored);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a peer that always reports another time is refused after one retry") {
  std::atomic<int> round{0};
  Server server([&](const std::string&, const Line& line) {
    return line.send(
        answer("401 No", "Deposit-Time: " + std::to_string(++round * 10'000'000LL) + "\r\n"));
  });
  Rig rig;
  const auto reply = rig.send({server.url()});
  CHECK(reply.outcome == DepositOutcome::refused);
  CHECK(reply.peer_time == 20'000'000);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a proxy in the environment does not see deposits") {
  Server proxy(always(kStored));
  Server server(always(kStored));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  Rig rig;
  CHECK(rig.send({server.url()}).outcome == DepositOutcome::stored);
  ::unsetenv("http_proxy");
  CHECK(proxy.requests().empty());
}

TEST_CASE("many deposits at once all get their own answer") {
  Server server([](const std::string& request, const Line& line) {
    return line.send(request.find("box-odd") != std::string::npos ? answer("413 Big") : kStored);
  });
  Rig rig;
  std::vector<std::future<DepositReply>> replies;
  for (int i = 0; i < 200; ++i) {
    auto deposit = Rig::deposit({server.url()}, 5'000);
    deposit.mailbox = i % 2 == 0 ? "box-even" : "box-odd";
    replies.push_back(rig.start(std::move(deposit)));
  }
  for (std::size_t i = 0; i < replies.size(); ++i) {
    CHECK(Rig::finish(std::move(replies[i])).outcome ==
          (i % 2 == 0 ? DepositOutcome::stored : DepositOutcome::too_large));
  }
  CHECK(static_cast<std::size_t>(server.connections()) <= HttpTransportOptions{}.at_once_per_host);
}

TEST_CASE(
    "what is under way when the transport closes, and what comes later, is answered unreachable") {
  Server silent([](const std::string&, const Line& line) {
    line.hold();
    return false;
  });
  Rig rig;
  std::vector<std::future<DepositReply>> waiting;
  const std::size_t at_once = HttpTransportOptions{}.at_once_per_host;
  for (std::size_t i = 0; i < at_once + 2; ++i) {
    waiting.push_back(rig.start(Rig::deposit({silent.url()})));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (silent.requests().size() < at_once && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  rig.loop_->post([&] { rig.transport_->close(); });
  for (auto& reply : waiting) {
    CHECK(Rig::finish(std::move(reply)).outcome == DepositOutcome::unreachable);
  }
  CHECK(rig.send({silent.url()}).outcome == DepositOutcome::unreachable);
  CHECK(silent.requests().size() == at_once);
}
