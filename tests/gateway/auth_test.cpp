// API keys: their file, their form, what they open and how guessing is slowed.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/init.h"
#include "gateway/auth/gatekeeper.h"
#include "gateway/auth/key_token.h"
#include "gateway/cli/keys.h"
#include "tests/gateway/http_world.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

namespace fs = std::filesystem;
using rpc::KeyScope;

struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "keys-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path file() const { return path / "keys.json"; }
  fs::path path;
};

// Puts a key into the file and answers with its text.
std::string add(const fs::path& file, const std::string& name, const std::string& scopes,
                std::vector<std::uint32_t> accounts = {},
                std::optional<base::UnixMillis> expires = {}) {
  NewToken made = make_key_token();
  KeyRecord record;
  record.id = made.token.id;
  record.name = name;
  record.hash = made.token.hash;
  record.grants = rpc::parse_scopes(scopes).value();
  for (const auto account : accounts) record.grants.accounts.emplace_back(account);
  record.expires = expires;
  REQUIRE(change_key_file(file, [&](std::vector<KeyRecord>& records) -> base::Result<bool> {
    records.push_back(record);
    return true;
  }));
  return made.text;
}

void revoke(const fs::path& file, const std::string& name) {
  REQUIRE(change_key_file(file, [&](std::vector<KeyRecord>& records) -> base::Result<bool> {
    return std::erase_if(records, [&](const auto& record) { return record.name == name; }) > 0;
  }));
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A server whose endpoints stand for those of the daemon.
struct AuthWorld {
  explicit AuthWorld(bool keys = true, bool anonymous = false) {
    REQUIRE(crypto::init());
    if (keys) {
      reader = add(folder.file(), "reader", "rpc:read");
      listener = add(folder.file(), "listener", "events", {2});
      ring = std::move(KeyRing::open(folder.file(), clock).value());
    }
    keeper = std::make_unique<Gatekeeper>(ring.get(), clock,
                                          GatekeeperOptions{.allow_anonymous = anonymous});
    HttpOptions options;
    options.gatekeeper = keeper.get();
    http = std::make_unique<HttpWorld>([&](RouteTable& routes) { add_routes(routes); },
                                       std::move(options), 2, true);
  }

  void add_routes(RouteTable& routes) {
    const auto echo_key = [](Request request, Responder responder) {
      std::string who = request.access->key_id();
      responder.answer(Response::json("{\"key\":\"" + who + "\"}"));
    };
    routes.add({.method = "POST", .path = "/rpc", .handle = echo_key, .body_limit = 1000});
    routes.add({.method = "GET",
                .path = "/events",
                .handle = echo_key,
                .scope = KeyScope::events,
                .key_in_query = true});
    routes.add({.method = "GET", .path = "/file/:id", .handle = echo_key, .scope = KeyScope::read});
    routes.add({.method = "GET",
                .path = "/metrics",
                .handle = echo_key,
                .access = RouteAccess::key_or_local,
                .scope = KeyScope::admin});
    routes.add(
        {.method = "GET", .path = "/health", .handle = echo_key, .access = RouteAccess::open});
    routes.add({.method = "POST",
                .path = "/relay/v1/x",
                .handle = echo_key,
                .body_limit = 10,
                .refuse_origin = true,
                .listeners = kOnMain | kOnPeer});
  }
  Reply ask(std::string_view request) { return test::ask(http->port, request); }
  // The ring is the loop's.
  void reload() {
    std::atomic<bool> done{false};
    http->loop->post([&] {
      CHECK(ring->reload());
      done = true;
    });
    REQUIRE(eventually([&] { return done.load(); }));
  }

  Folder folder;
  base::ManualClock clock;
  std::string reader, listener;
  std::unique_ptr<KeyRing> ring;
  std::unique_ptr<Gatekeeper> keeper;
  std::unique_ptr<HttpWorld> http;
};

std::string key_header(const std::string& key) { return "X-API-Key: " + key + "\r\n"; }

}  // namespace

TEST_CASE("a key is stored as a hash, in a file of its owner alone") {
  Folder folder;
  const std::string key = add(folder.file(), "pump", "rpc:read,publish:alarms", {1, 3}, 99);
  struct stat facts {};
  REQUIRE(::stat(folder.file().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  CHECK(text_of(folder.file()).find(key) == std::string::npos);
  CHECK(text_of(folder.file()).find(key.substr(18)) == std::string::npos);  // its secret part
  const auto records = read_key_file(folder.file());
  REQUIRE(records);
  REQUIRE(records->size() == 1);
  CHECK(records->front().name == "pump");
  CHECK(records->front().expires == 99);
  CHECK(records->front().grants.accounts.size() == 2);
  CHECK(rpc::scopes_text(records->front().grants) == "rpc:read,publish:alarms");
  CHECK_FALSE(fs::exists(folder.file().string() + ".new"));
}

TEST_CASE("a key file that others may write, or that is damaged, is refused with what to do") {
  Folder folder;
  add(folder.file(), "pump", "admin");
  const std::string good = text_of(folder.file());
  ::chmod(folder.file().c_str(), 0666);
  CHECK(read_key_file(folder.file()).error().message.find("chmod 600") != std::string::npos);
  ::chmod(folder.file().c_str(), 0600);
  const auto write = [&](const std::string& text) { std::ofstream(folder.file()) << text; };
  for (std::size_t size = 0; size + 2 < good.size(); size += 7) {
    write(good.substr(0, size));
    CHECK_FALSE(read_key_file(folder.file()));
  }
  // Without its list of accounts, or with a broken end, a key would be worth more than it was.
  for (const char* word : {"\"accounts\": []", "\"expires\": null"}) {
    std::string less = good;
    const auto at = less.find(word);
    REQUIRE(at != std::string::npos);
    less.replace(at, std::string_view(word).size(), "\"x\": 1");
    write(less);
    CHECK_FALSE(read_key_file(folder.file()));
  }
  fs::remove(folder.file());
  CHECK(read_key_file(folder.file())->empty());
}

TEST_CASE("with keys, every caller shows one, and learns what is missing") {
  AuthWorld world;
  const Reply none = world.ask(post("/rpc", "{}"));
  CHECK(none.status == 401);
  CHECK(none.body.find("X-API-Key") != std::string::npos);
  CHECK(none.field("WWW-Authenticate").value_or("").starts_with("Bearer"));
  CHECK(world.ask(post("/rpc", "{}", key_header(world.reader))).status == 200);
  CHECK(world.ask(post("/rpc", "{}", "Authorization: Bearer " + world.reader + "\r\n")).status ==
        200);
  CHECK(world.ask(post("/rpc", "{}", "Authorization: bearer  " + world.reader + "\r\n")).status ==
        200);
  CHECK(world.ask(post("/rpc", "{}", "Authorization: Basic " + world.reader + "\r\n")).status ==
        401);
  CHECK(world.ask(post("/rpc", "{}", key_header(world.reader) + key_header(world.reader))).status ==
        401);

  const Reply scope = world.ask(get("/file/1", key_header(world.listener)));
  CHECK(scope.status == 403);
  CHECK(scope.body.find("rpc:read") != std::string::npos);
  CHECK(world.ask(get("/file/1", key_header(world.reader))).status == 200);
  CHECK(world.ask(get("/metrics")).status == 200);  // from this machine
  CHECK(world.ask(get("/metrics", "X-Forwarded-For: 1.2.3.4\r\n")).status == 401);
  CHECK(world.ask(get("/metrics", key_header(world.reader))).status == 403);
  CHECK(world.ask(get("/health")).status == 200);
  CHECK(world.ask(post("/relay/v1/x", "{}")).status == 200);
}

TEST_CASE("a key in the query opens /events and nothing else") {
  AuthWorld world;
  CHECK(world.ask(get("/events?api_key=" + world.listener)).status == 200);
  CHECK(world.ask(get("/events?api_key=" + world.listener + "%0D%0A")).status == 200);
  CHECK(world.ask(get("/events?api_key=" + world.listener + "%0Ax")).status == 401);
  CHECK(world.ask(get("/events?api_key=" + world.reader)).status == 403);
  CHECK(world.ask(get("/events?api_key=" + world.listener.substr(1))).status == 401);
  CHECK(world.ask(get("/file/1?api_key=" + world.reader)).status == 401);
  CHECK(world.ask(post("/rpc?api_key=" + world.reader, "{}")).status == 401);
}

TEST_CASE("a refused key is answered before the body is read") {
  AuthWorld world;
  Client client(world.http->port);
  client.send(
      "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n"
      "Content-Type: application/json\r\n\r\n");
  CHECK(client.reply().status == 401);
}

TEST_CASE(
    "without keys this machine is served, and what came through a proxy is not this machine") {
  AuthWorld world(false);
  CHECK(world.ask(post("/rpc", "{}")).status == 200);
  for (const char* field : {"X-Forwarded-For: 10.0.0.9\r\n", "Forwarded: for=10.0.0.9\r\n",
                            "Via: 1.1 proxy\r\n", "X-Real-IP: 10.0.0.9\r\n"}) {
    INFO(field);
    CHECK(world.ask(post("/rpc", "{}", field)).status == 401);
  }
  AuthWorld open(false, true);
  CHECK(open.ask(post("/rpc", "{}", "X-Forwarded-For: 10.0.0.9\r\n")).status == 200);
}

TEST_CASE("revoking, changing and adding keys takes effect at once, and ends what was open") {
  AuthWorld world;
  const auto held = world.ring->find(world.reader).access;
  const auto other = world.ring->find(world.listener).access;
  REQUIRE(held);
  revoke(world.folder.file(), "reader");
  const std::string late = add(world.folder.file(), "late", "rpc:read");
  world.reload();
  CHECK(world.ask(post("/rpc", "{}", key_header(world.reader))).status == 401);
  CHECK(world.ask(post("/rpc", "{}", key_header(late))).status == 200);
  CHECK(held->ended());
  CHECK_FALSE(other->ended());
  // The same key with other grants is another one to whoever holds it.
  REQUIRE(change_key_file(world.folder.file(),
                          [](std::vector<KeyRecord>& records) -> base::Result<bool> {
                            records.front().grants.accounts = {base::AccountId(7)};
                            return true;
                          }));
  world.reload();
  CHECK(other->ended());
}

TEST_CASE("a stream on which nothing happens closes when its key ends, not with the next ping") {
  Folder folder;
  base::SystemClock clock;
  const std::string key = add(folder.file(), "listener", "events");
  const auto ring = std::move(KeyRing::open(folder.file(), clock).value());
  Gatekeeper gatekeeper(ring.get(), clock, {});
  HttpOptions options;
  options.gatekeeper = &gatekeeper;
  HubWorld world({.ping_interval = 3'600'000}, 1000, 0, std::move(options));
  Client stream = world.subscribe("", key_header(key));
  revoke(folder.file(), "listener");
  REQUIRE(ring->reload());
  world.hub->close_ended();
  CHECK(stream.closed_by_server());
}

TEST_CASE("a key whose time is over opens nothing, and ends what it has open") {
  AuthWorld world;
  const base::UnixMillis end = world.clock.now() + 5'000;
  const std::string brief = add(world.folder.file(), "brief", "rpc:read", {}, end);
  world.reload();
  const auto held = world.ring->find(brief).access;
  REQUIRE(held);
  CHECK(world.ring->expire() == end);
  world.clock.advance(6'000);
  CHECK_FALSE(world.ring->expire());
  CHECK(held->ended());
  const Reply reply = world.ask(post("/rpc", "{}", key_header(brief)));
  CHECK(reply.status == 401);
  CHECK(reply.body.find("expired") != std::string::npos);
}

TEST_CASE("a ticket stands for its key once, for thirty seconds") {
  base::ManualClock clock;
  Tickets tickets(clock);
  const auto access = std::make_shared<const rpc::Access>("k", rpc::Grants{});
  const std::string first = tickets.issue(access, "/events");
  CHECK(tickets.redeem(first, "/events") == access);
  CHECK(tickets.redeem(first, "/events") == nullptr);
  const std::string old = tickets.issue(access, "/events");
  clock.advance(Tickets::kLife);
  CHECK(tickets.redeem(old, "/events") == nullptr);
  const std::string revoked = tickets.issue(access, "/events");
  access->end();
  CHECK(tickets.redeem(revoked, "/events") == nullptr);
  CHECK(tickets.redeem("", "/events") == nullptr);
  // However many are asked for, only so many are kept.
  const auto fresh = std::make_shared<const rpc::Access>("k", rpc::Grants{});
  const std::string oldest = tickets.issue(fresh, "/events");
  for (std::size_t i = 0; i < Tickets::kMost; ++i) tickets.issue(fresh, "/events");
  CHECK(tickets.redeem(oldest, "/events") == nullptr);
}

TEST_CASE("a key that asks for tickets without end takes none of another key's") {
  base::ManualClock clock;
  Tickets tickets(clock);
  const auto many = std::make_shared<const rpc::Access>("many", rpc::Grants{});
  const auto few = std::make_shared<const rpc::Access>("few", rpc::Grants{});
  const std::string first = tickets.issue(many, "/events");
  const std::string other = tickets.issue(few, "/events");
  std::string last;
  for (std::size_t i = 0; i < 2 * Tickets::kMost; ++i) last = tickets.issue(many, "/events");
  CHECK(tickets.redeem(first, "/events") == nullptr);
  CHECK(tickets.redeem(other, "/events") == few);
  CHECK(tickets.redeem(last, "/events") == many);
}

TEST_CASE("a ticket is for one path, and trying it elsewhere does not use it up") {
  base::ManualClock clock;
  Tickets tickets(clock);
  const auto access = std::make_shared<const rpc::Access>("k", rpc::Grants{});
  const std::string ticket = tickets.issue(access, "/events");
  CHECK(tickets.redeem(ticket, "/projects/p/events") == nullptr);
  CHECK(tickets.redeem(ticket, "/events") == access);
}

TEST_CASE("a ticket that lasts as its stream is good for that stream and its reconnects") {
  base::ManualClock clock;
  Tickets tickets(clock);
  const auto access = std::make_shared<const rpc::Access>("k", rpc::Grants{});
  constexpr auto kLasts = Tickets::Lasts::as_stream;
  const std::string ticket = tickets.issue(access, "/p", kLasts);
  const std::string unused = tickets.issue(access, "/p", kLasts);
  auto stream = tickets.redeem(ticket, "/p", "one");
  REQUIRE(stream != nullptr);
  CHECK(stream->key_id() == "k");
  CHECK(tickets.redeem(ticket, "/p", "two") == nullptr);
  CHECK(tickets.redeem(ticket, "/p") == nullptr);
  // As long as it is open, and thirty seconds.
  clock.advance(10 * Tickets::kLife);
  CHECK(tickets.redeem(unused, "/p", "one") == nullptr);
  CHECK_FALSE(stream->ended());
  auto second = tickets.redeem(ticket, "/p", "one");
  REQUIRE(second != nullptr);
  CHECK(stream->ended());  // there is one stream at a time
  CHECK_FALSE(second->ended());
  CHECK_FALSE(access->ended());
  stream.reset();
  clock.advance(10 * Tickets::kLife);
  second.reset();
  clock.advance(Tickets::kLife - 1);
  stream = tickets.redeem(ticket, "/p", "one");
  CHECK(stream != nullptr);
  stream.reset();
  clock.advance(Tickets::kLife);
  CHECK(tickets.redeem(ticket, "/p", "one") == nullptr);
  // Its key ends it at once.
  const std::string revoked = tickets.issue(access, "/p", kLasts);
  stream = tickets.redeem(revoked, "/p", "one");
  REQUIRE(stream != nullptr);
  access->end();
  CHECK(stream->ended());
  CHECK(tickets.redeem(revoked, "/p", "one") == nullptr);
}

TEST_CASE("guessing is slowed for the guesser and for nobody who has a key") {
  AuthWorld world;
  const std::string wrong = make_key_token().text;
  for (int i = 0; i < 10; ++i) {
    CHECK(world.ask(post("/rpc", "{}", key_header(wrong))).status == 401);
  }
  Client guesser(world.http->port);
  guesser.send(post("/rpc", "{}", key_header(wrong)));
  // Another of the same address has its answer while the guesser waits.
  CHECK(world.ask(post("/rpc", "{}", key_header(world.reader))).status == 200);
  CHECK(world.ask(post("/rpc", "{}")).status == 401);  // without a key nothing was tried
  world.http->advance(1'000);
  const Reply slow = guesser.reply();
  CHECK(slow.status == 429);
  CHECK(slow.field("Retry-After"));
  CHECK(guesser.closed_by_server());
}

TEST_CASE("--expires takes spans and days, and refuses what is neither") {
  const base::UnixMillis now = 1'800'000'000'000;  // 15 January 2027
  CHECK(cli::parse_expiry("90d", now) == now + 90LL * 86'400'000);
  CHECK(cli::parse_expiry("12h", now) == now + 12LL * 3'600'000);
  CHECK(cli::parse_expiry("1m", now) == now + 60'000);
  CHECK(cli::parse_expiry("2027-01-31", now) == 1'801'353'600'000);
  for (const char* bad : {"0d", "-1d", "d", "5", "5y", "2027-02-30", "2027-01-01", "2027-13-01",
                          "99999999999d", "1.5h", " 1h"}) {
    INFO(bad);
    CHECK_FALSE(cli::parse_expiry(bad, now));
  }
}

}  // namespace gateway::test
