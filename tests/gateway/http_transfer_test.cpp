#include <atomic>
#include <cstdio>
#include <mutex>
#include <random>

#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

constexpr std::uint64_t kSize = 5'000'003;

char byte_at(std::uint64_t offset) { return static_cast<char>('a' + offset % 23); }

// A body made as it goes; ends early or with an error on request.
class Made final : public BodySource {
 public:
  Made(std::uint64_t size, std::uint64_t fail_at, std::atomic<std::uint64_t>& produced)
      : size_(size), fail_at_(fail_at), produced_(produced) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::size_t> next(std::span<std::uint8_t> out) override {
    if (at_ >= fail_at_) return base::fail(base::Errc::corrupt, "a damaged chunk");
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::uint8_t>(byte_at(at_ + i));
    at_ += out.size();
    produced_ += out.size();
    return out.size();
  }

 private:
  std::uint64_t size_, fail_at_, at_ = 0;
  std::atomic<std::uint64_t>& produced_;
};

struct Uploads {
  std::mutex mutex;
  std::string got;
  int finished = 0;
  int dropped = 0;
  std::size_t largest = 0;
  bool fail_write = false;
  bool block = false;
  std::size_t size() {
    const std::lock_guard lock(mutex);
    return got.size();
  }
};

class Sink final : public BodySink {
 public:
  explicit Sink(Uploads& uploads) : uploads_(uploads) {}
  ~Sink() override {
    const std::lock_guard lock(uploads_.mutex);
    if (!finished_) ++uploads_.dropped;
  }
  base::Result<> write(base::ByteView bytes) override {
    for (;;) {
      const std::lock_guard lock(uploads_.mutex);
      if (uploads_.block) continue;
      uploads_.largest = std::max(uploads_.largest, bytes.size());
      if (uploads_.fail_write) return base::fail(base::Errc::exhausted, "the disk is full");
      uploads_.got.append(base::as_text(bytes));
      return {};
    }
  }
  void finish(Responder responder) override {
    const std::lock_guard lock(uploads_.mutex);
    ++uploads_.finished;
    finished_ = true;
    responder.answer(Response::json("{\"size\":" + std::to_string(uploads_.got.size()) + "}"));
  }

 private:
  Uploads& uploads_;
  bool finished_ = false;
};

struct TransferWorld : HttpWorld {
  TransferWorld()
      : TransferWorld(std::make_shared<Uploads>(),
                      std::make_shared<std::atomic<std::uint64_t>>(0)) {}
  TransferWorld(std::shared_ptr<Uploads> u, std::shared_ptr<std::atomic<std::uint64_t>> p)
      : HttpWorld([&](RouteTable& routes) {
          const auto source = [p](std::uint64_t size, std::uint64_t fail_at) {
            return [p, size, fail_at](Request, Responder responder) {
              Response response;
              response.source = std::make_unique<Made>(size, fail_at, *p);
              responder.answer(std::move(response));
            };
          };
          routes.add({.method = "GET", .path = "/made", .handle = source(kSize, UINT64_MAX)});
          routes.add({.method = "GET", .path = "/huge", .handle = source(1ULL << 40, UINT64_MAX)});
          routes.add({.method = "GET", .path = "/empty", .handle = source(0, UINT64_MAX)});
          routes.add({.method = "GET", .path = "/broken", .handle = source(kSize, 1'000'000)});
          routes.add(
              {.method = "POST",
               .path = "/up",
               .upload = [u](const Request& request) -> base::Result<std::unique_ptr<BodySink>> {
                 if (!request.param("name")) {
                   return base::fail(base::Errc::invalid_argument, "name: missing");
                 }
                 return std::unique_ptr<BodySink>(std::make_unique<Sink>(*u));
               }});
        }),
        uploads(std::move(u)),
        produced(std::move(p)) {}
  std::shared_ptr<Uploads> uploads;
  std::shared_ptr<std::atomic<std::uint64_t>> produced;
};

std::string pattern(std::uint64_t size) {
  std::string out(size, '\0');
  for (std::uint64_t i = 0; i < size; ++i) out[i] = byte_at(i);
  return out;
}

TEST_CASE("a large body is produced while it is sent, and the connection serves on") {
  TransferWorld world;
  Client client(world.port);
  client.send(get("/made") + get("/empty") + get("/made"));
  CHECK(client.reply().body == pattern(kSize));
  const Reply empty = client.reply();
  CHECK(empty.status == 200);
  CHECK(empty.field("Content-Length") == "0");
  CHECK(client.reply().body.size() == kSize);
  client.send("HEAD /huge HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.reply(true).field("Content-Length") == std::to_string(1ULL << 40));
}

TEST_CASE("a reader that stalls holds up no more than the socket and two chunks") {
  TransferWorld world;
  Client client(world.port, 4096);
  client.send(get("/huge"));
  std::uint64_t before = 1;
  REQUIRE(eventually([&] {
    const std::uint64_t now = world.produced->load();
    const bool still = now > 0 && now == before;
    before = now;
    if (!still) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return still;
  }));
  CHECK(world.produced->load() < 16u << 20);  // of a terabyte; the kernel buffers a few MiB
  world.advance(60'001);
  CHECK(eventually([&] { return world.server->stats().connections == 0; }));
}

TEST_CASE("a body that fails midway ends the connection short of its length") {
  TransferWorld world;
  Client client(world.port);
  client.send(get("/broken"));
  const Reply reply = client.reply();
  CHECK(reply.status == 200);
  CHECK(reply.closed);
  CHECK(reply.body.size() < kSize);
  CHECK(reply.body == pattern(reply.body.size()));
}

TEST_CASE("an upload of any size streams into its sink, by length and in chunks") {
  TransferWorld world;
  const std::string body = pattern(kSize);
  Client client(world.port);
  client.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  client.send(body);
  CHECK(client.reply().body == "{\"size\":" + std::to_string(kSize) + "}");
  CHECK(world.uploads->got == body);
  CHECK(world.uploads->largest <= 64 * 1024);
  CHECK(world.server->stats().buffered_bodies == 0);

  world.uploads->got.clear();
  client.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::mt19937 random(11);
  std::string framed;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t take = std::min<std::size_t>(1 + random() % 100'000, body.size() - at);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", take);
    framed += size + body.substr(at, take) + "\r\n";
    at += take;
  }
  client.send(framed + "0\r\n\r\n" + get("/empty"));
  CHECK(client.reply().status == 200);
  CHECK(world.uploads->got == body);
  CHECK(client.reply().status == 200);
  CHECK(world.uploads->finished == 2);
  CHECK(world.uploads->dropped == 0);
}

TEST_CASE("an empty upload is finished too") {
  TransferWorld world;
  CHECK(ask(world.port, "POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").body ==
        "{\"size\":0}");
  CHECK(ask(world.port, "POST /up?name=x HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
}

TEST_CASE("an upload is judged by its head, before 100-continue and before any byte") {
  TransferWorld world;
  Client refused(world.port);
  refused.send("POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const Reply no = refused.reply();
  CHECK(no.status == 400);
  CHECK(no.body == "{\"error\":\"name: missing\"}\n");
  Client welcome(world.port);
  welcome.send(
      "POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  CHECK(welcome.reply().status == 100);
  welcome.send("hello");
  CHECK(welcome.reply().status == 200);
}

TEST_CASE("a sink that is slow slows its sender and nobody else") {
  TransferWorld world;
  world.uploads->block = true;
  Client client(world.port);
  std::atomic<bool> sent{false};
  std::thread sender([&] {
    client.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
    client.send(std::string(50'000'000, 'x'));
    sent = true;
  });
  Client other(world.port);
  for (int i = 0; i < 50; ++i) {
    other.send(get("/empty"));
    REQUIRE(other.reply().status == 200);
  }
  CHECK_FALSE(sent);
  {
    const std::lock_guard lock(world.uploads->mutex);
    world.uploads->block = false;
  }
  CHECK(client.reply().status == 200);
  sender.join();
  CHECK(world.uploads->got.size() == 50'000'000);
}

TEST_CASE("an upload that breaks off, or cannot be written, drops its sink unfinished") {
  TransferWorld world;
  {
    Client client(world.port);
    client.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                std::string(70'000, 'x'));
    REQUIRE(eventually([&] { return world.uploads->size() > 0; }));
  }
  CHECK(eventually([&] {
    const std::lock_guard lock(world.uploads->mutex);
    return world.uploads->dropped == 1;
  }));
  world.uploads->fail_write = true;
  Client full(world.port);
  full.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  full.send(std::string(1'000'000, 'x'));
  const Reply reply = full.reply();
  CHECK(reply.status == 507);
  CHECK(reply.body.find("disk is full") != std::string::npos);
  CHECK(eventually([&] {
    const std::lock_guard lock(world.uploads->mutex);
    return world.uploads->dropped == 2;
  }));
  Client bad(world.port);
  bad.send("POST /up?name=x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n");
  CHECK(bad.reply().status == 400);
  CHECK(world.uploads->finished == 0);
}

}  // namespace
}  // namespace gateway::test
