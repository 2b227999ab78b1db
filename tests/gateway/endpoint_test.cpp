#include <map>
#include <mutex>

#include "gateway/endpoints/endpoints.h"
#include "tests/gateway/http_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::Errc;
using base::fail;

// Answers the body it got, at once, later or never.
class EndpointEcho final : public rpc::Dispatcher {
 public:
  void handle(std::string body, const rpc::Caller& caller, rpc::Answer answer) override {
    if (body == "quiet") return answer({});
    if (body == "drop") return;
    if (body == "park") {
      const std::lock_guard lock(mutex_);
      parked_.push_back(std::move(answer));
      return;
    }
    answer(rpc::Reply{body + (caller.loopback ? " local" : " remote") +
                      (caller.restricted_paths ? " restricted" : "")});
  }
  std::size_t parked() {
    const std::lock_guard lock(mutex_);
    return parked_.size();
  }
  void answer_parked(const std::string& text) {
    const std::lock_guard lock(mutex_);
    for (auto& answer : parked_) answer(rpc::Reply{text});
    parked_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<rpc::Answer> parked_;
};

class TextReader final : public messaging::AttachmentReader {
 public:
  explicit TextReader(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const std::size_t take = std::min<std::size_t>(out.size(), text_.size() - offset);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(offset), take, out.begin());
    return take;
  }

 private:
  std::string text_;
};

struct Stored {
  std::mutex mutex;
  std::map<std::string, std::string> files;
};

class TextUpload final : public messaging::Upload {
 public:
  TextUpload(Stored& stored, std::string name) : stored_(stored), name_(std::move(name)) {}
  base::Result<> append(base::ByteView bytes) override {
    text_.append(base::as_text(bytes));
    return {};
  }
  void finish(base::Completion<std::string> path) override {
    const std::lock_guard lock(stored_.mutex);
    stored_.files[name_] = text_;
    path("/blobs/" + name_);
  }

 private:
  Stored& stored_;
  std::string name_, text_;
};

struct EndpointWorld {
  EndpointWorld() {
    FileFunctions files;
    files.open = [](base::AccountId account,
                    base::MsgId message) -> base::Result<messaging::Attachment> {
      if (message.value == 9) return fail(Errc::forbidden, "message 9 holds a protected file");
      if (message.value != 7)
        return fail(Errc::not_found, "message " + std::to_string(message.value) + " has no file");
      return messaging::Attachment{account.value == 1 ? "a \"b\".txt" : "other.txt", "text/plain",
                                   "\"tag\"", std::make_unique<TextReader>("0123456789")};
    };
    files.begin = [this](
                      base::AccountId account,
                      std::string_view name) -> base::Result<std::unique_ptr<messaging::Upload>> {
      if (account.value > 2) return fail(Errc::not_found, "no account 3");
      return std::unique_ptr<messaging::Upload>(
          std::make_unique<TextUpload>(stored, std::string(name)));
    };
    http = std::make_unique<HttpWorld>(
        [&](RouteTable& routes) {
          add_rpc_endpoint(routes, echo, {.restricted_paths = true});
          add_health_endpoint(routes, "1.2.3", [this] {
            const std::lock_guard lock(mutex);
            return reasons;
          });
          add_file_endpoint(routes, files);
        },
        HttpOptions{}, 2, true);
  }
  Reply ask(std::string_view request) { return test::ask(http->port, request); }

  EndpointEcho echo;
  Stored stored;
  std::mutex mutex;
  std::vector<std::string> reasons;
  std::unique_ptr<HttpWorld> http;
};

TEST_CASE("POST /rpc passes the body and the caller to the dispatcher, and its answer back") {
  EndpointWorld world;
  const Reply reply = world.ask(post("/rpc", "{}"));
  CHECK(reply.status == 200);
  CHECK(reply.body == "{} local restricted");
  CHECK(reply.field("Content-Type") == "application/json");
  CHECK(world.ask(post("/rpc", "{}", "Via: proxy\r\n")).body == "{} remote restricted");
  const Reply quiet = world.ask(post("/rpc", "quiet"));
  CHECK(quiet.status == 204);
  CHECK_FALSE(quiet.field("Content-Length"));
  CHECK(world.ask(post("/rpc", "drop")).status == 500);
  CHECK(world.ask(get("/rpc")).status == 405);
  CHECK(world.ask("POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}").status == 415);
  CHECK(world
            .ask("POST /rpc HTTP/1.1\r\nHost: h\r\nContent-Type: "
                 "application/json\r\nContent-Length: 16777217\r\n\r\n")
            .status == 413);
}

TEST_CASE("a call that waits for news holds up nobody") {
  EndpointWorld world;
  std::vector<Client> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(world.http->port);
    waiting.back().send(post("/rpc", "park"));
  }
  REQUIRE(eventually([&] { return world.echo.parked() == 100; }));
  CHECK(world.ask(post("/rpc", "{}")).status == 200);
  world.echo.answer_parked("news");
  for (Client& client : waiting) CHECK(client.reply().body == "news");
}

TEST_CASE("health reports what runs, and readiness why not") {
  EndpointWorld world;
  const Reply alive = world.ask(get("/health"));
  CHECK(alive.status == 200);
  CHECK(alive.body == "{\"status\":\"ok\",\"service\":\"privitty-edged\",\"version\":\"1.2.3\"}\n");
  CHECK(world.ask(get("/health/ready")).status == 200);
  CHECK(test::ask(world.http->peer_port, get("/health")).status == 200);
  CHECK(test::ask(world.http->peer_port, post("/rpc", "{}")).status == 404);
  {
    const std::lock_guard lock(world.mutex);
    world.reasons = {"the disk is full"};
  }
  const Reply unfit = world.ask(get("/health"));
  CHECK(unfit.status == 503);
  CHECK(unfit.body ==
        "{\"status\":\"unavailable\",\"service\":\"privitty-edged\",\"version\":\"1.2.3\","
        "\"reasons\":[\"the disk is full\"]}\n");
  const Reply ready = world.ask(get("/health/ready"));
  CHECK(ready.status == 503);
  CHECK(ready.body == "{\"status\":\"not ready\",\"reasons\":[\"the disk is full\"]}\n");
}

TEST_CASE("a file is served whole, in part, by tag and by head alone") {
  EndpointWorld world;
  const Reply whole = world.ask(get("/file/7"));
  CHECK(whole.status == 200);
  CHECK(whole.body == "0123456789");
  CHECK(whole.field("Content-Type") == "text/plain");
  CHECK(whole.field("Content-Disposition") == "attachment; filename=\"a _b_.txt\"");
  CHECK(whole.field("X-Content-Type-Options") == "nosniff");
  CHECK(whole.field("Accept-Ranges") == "bytes");
  CHECK(whole.field("ETag") == "\"tag\"");
  CHECK(world.ask(get("/file/7?account_id=2")).field("Content-Disposition") ==
        "attachment; filename=\"other.txt\"");

  const Reply part = world.ask(get("/file/7", "Range: bytes=2-4\r\nIf-Range: \"tag\"\r\n"));
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(part.field("Content-Range") == "bytes 2-4/10");
  CHECK(world.ask(get("/file/7", "Range: bytes=-3\r\n")).body == "789");
  CHECK(world.ask(get("/file/7", "Range: bytes=2-4\r\nIf-Range: \"old\"\r\n")).body ==
        "0123456789");
  const Reply past = world.ask(get("/file/7", "Range: bytes=10-\r\n"));
  CHECK(past.status == 416);
  CHECK(past.field("Content-Range") == "bytes */10");
  const Reply known = world.ask(get("/file/7", "If-None-Match: \"tag\"\r\n"));
  CHECK(known.status == 304);
  CHECK(known.field("ETag") == "\"tag\"");
  CHECK(world.ask(get("/file/7", "If-None-Match: \"a\"\r\nIf-None-Match: \"tag\"\r\n")).status ==
        304);
  const Reply other = world.ask(get("/file/7", "If-Match: \"old\"\r\nIf-None-Match: \"tag\"\r\n"));
  CHECK(other.status == 412);
  CHECK(other.body.find("If-Match") != std::string::npos);
  CHECK(world.ask(get("/file/7", "If-Match: \"old\", \"tag\"\r\n")).body == "0123456789");
  CHECK(world.ask(get("/file/7", "If-Match: *\r\nRange: bytes=0-1\r\n")).body == "01");
  const Reply head = world.ask("HEAD /file/7 HTTP/1.1\r\nHost: h\r\nRange: bytes=0-0\r\n\r\n");
  CHECK(head.status == 200);
  CHECK(head.field("Content-Length") == "10");
}

TEST_CASE("a file that is not to be had says why") {
  EndpointWorld world;
  CHECK(world.ask(get("/file/8")).status == 404);
  CHECK(world.ask(get("/file/9")).status == 403);
  CHECK(world.ask(get("/file/x")).status == 400);
  CHECK(world.ask(get("/file/0")).status == 400);
  CHECK(world.ask(get("/file/7?account_id=x")).body.find("account_id") != std::string::npos);
  CHECK(world.ask(get("/file/7?account=2")).body.find("did you mean account_id?") !=
        std::string::npos);
  CHECK(world.ask(get("/file/")).status == 404);
}

TEST_CASE("POST /file answers with the path of what it stored") {
  EndpointWorld world;
  const Reply reply = world.ask(
      "POST /file?name=r%C3%A4t.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(reply.status == 200);
  CHECK(reply.body == "{\"path\":\"/blobs/r\xC3\xA4t.txt\"}\n");
  CHECK(world.stored.files.at("r\xC3\xA4t.txt") == "hello");
  const Reply piece = world.ask(
      "POST /file?name=x HTTP/1.1\r\nHost: h\r\nContent-Range: bytes 5-9/10\r\n"
      "Content-Length: 5\r\n\r\nhello");
  CHECK(piece.status == 400);
  CHECK(piece.body.find("Content-Range: a part of a file") != std::string::npos);
  CHECK_FALSE(world.stored.files.contains("x"));
  CHECK(world.ask("POST /file HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            .body.find("name") != std::string::npos);
  CHECK(world
            .ask("POST /file?name=x&account_id=3 HTTP/1.1\r\nHost: h\r\nContent-Length: "
                 "5\r\n\r\nhello")
            .status == 404);
  CHECK(world
            .ask("POST /file?name=x HTTP/1.1\r\nHost: h\r\nOrigin: http://evil.example\r\n"
                 "Content-Length: 5\r\n\r\nhello")
            .status == 403);
}

}  // namespace
}  // namespace gateway::test
