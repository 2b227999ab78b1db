#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using base::AccountId;
using base::ChatId;
using base::EventId;

std::vector<Seen> read_through(Client& client, std::uint64_t last) {
  std::string text = client.read_until("id: " + std::to_string(last) + "\n");
  text += client.read_until("\n\n");
  return parse_stream(text);
}

TEST_CASE("a resume gives the missed events first, from the log of an earlier run too") {
  HubWorld world({}, 5000, 700);  // 5001..5700
  Client header = world.subscribe("", "Last-Event-ID: 5100\r\n");
  Client query = world.subscribe("?last_event_id=5690/own-id&named=1");
  // The header is newer than the page's query.
  Client both = world.subscribe("?last_event_id=5001", "Last-Event-ID: 5699\r\n");
  world.publish(world.log.append());
  const auto seen = read_through(header, 5701);
  REQUIRE(seen.size() == 601);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i].id == std::to_string(5101 + i));
  CHECK(read_through(query, 5701).size() == 11);
  CHECK(read_through(both, 5701).size() == 2);
}

TEST_CASE("of an account that was removed only its AccountsChanged is replayed") {
  HubWorld world;
  for (const std::uint32_t account : {1U, 2U, 1U, 2U}) {  // 1001 to 1004
    world.publish(world.log.append(AccountId(account), ChatId(1)));
  }
  world.publish(world.log.append(AccountId(2), ChatId(0), "AccountsChanged"));  // 1005
  world.hub->forget(AccountId(2));
  world.publish(world.log.append(AccountId(1), ChatId(1)));  // 1006
  const std::vector<std::string> left{"1001", "1003", "1005", "1006"};
  for (const char* query : {"?last_event_id=1000", "?last_event_id=1000&named=1",
                            "?last_event_id=1000&account_id=1,2"}) {
    INFO(query);
    Client client = world.subscribe(query);
    std::vector<std::string> ids;
    for (const Seen& event : read_through(client, 1006)) ids.push_back(event.id);
    CHECK(ids == left);
  }
  CHECK(world.log.reads() == 0);  // the ring had it
}

TEST_CASE("a resume at the newest id gives nothing but what comes") {
  HubWorld world;
  world.publish(world.log.append());
  Client client = world.subscribe("", "Last-Event-ID: 1001\r\n");
  world.publish(world.log.append());
  CHECK(client.read_until("\n\n").starts_with("id: 1002\n"));
  CHECK(world.log.reads() == 0);  // the ring had it
}

TEST_CASE("an id that is too old gets lag with the number missed, then what is still held") {
  HubWorld world({}, 1000, 50);  // 1001..1050
  world.log.trim_before(1041);
  Client client = world.subscribe("", "Last-Event-ID: 1010\r\n");
  const auto seen = read_through(client, 1050);
  REQUIRE(seen.size() == 11);
  CHECK(seen[0].event == "lag");
  CHECK(seen[0].data == "{\"dropped\":30}");
  CHECK(seen[0].id == "1040");
  CHECK(seen[1].id == "1041");
  Client edge = world.subscribe("", "Last-Event-ID: 1040\r\n");
  CHECK(read_through(edge, 1050).at(0).id == "1041");
}

TEST_CASE("an id that is none of this store's gets lag without a number, then the present") {
  HubWorld world({}, std::uint64_t{1} << 41, 5);
  const std::uint64_t base = std::uint64_t{1} << 41;
  for (const std::string& id :
       {std::to_string(base + 6), std::to_string(base * 2), std::string("17"),
        std::string("garbage"), std::string("-1"), std::string("99999999999999999999999")}) {
    INFO(id);
    Client client = world.subscribe("", "Last-Event-ID: " + id + "\r\n");
    CHECK(client.read_until("\n\n") ==
          "event: lag\nid: " + std::to_string(base + 5) + "\ndata: {\"dropped\":null}\n\n");
  }
}

TEST_CASE("a log that cannot be read gives lag and the present, not silence") {
  HubWorld world({}, 1000, 5);
  world.log.break_reads();
  Client client = world.subscribe("", "Last-Event-ID: 1002\r\n");
  CHECK(client.read_until("\n\n").starts_with("event: lag\n"));
  world.publish(world.log.append());
  CHECK(client.read_until("\n\n").starts_with("id: 1006\n"));
}

TEST_CASE("a filtered resume replays what passes and no more") {
  HubWorld world({}, 1000, 600);  // every fiftieth an Error
  Client client = world.subscribe("?types=Error", "Last-Event-ID: 1000\r\n");
  world.publish(world.log.append(AccountId(1), ChatId(0), "Error"));
  const auto seen = read_through(client, 1601);
  REQUIRE(seen.size() == 13);
  for (std::size_t i = 0; i < 12; ++i) CHECK(seen[i].id == std::to_string(1001 + i * 50));
}

// The heart of it: subscribers come with old ids while events are committed and published, with a
// pause between the two as of a busy writer; nobody misses one and nobody gets one twice.
TEST_CASE("between replay and live there is no gap and no overlap, whatever happens meanwhile") {
  for (const std::size_t ring_events : {std::size_t{65'536}, std::size_t{64}}) {
    HubWorld world({.ring_bytes = ring_events == 64 ? std::size_t{16'384} : std::size_t{8 << 20},
                    .ring_events = ring_events,
                    .replay_step = 16},
                   1000, 300);
    std::atomic<bool> enough{false};
    // Joined before the world goes, also when a check below throws.
    struct Writer {
      std::atomic<bool>& enough;
      std::thread thread;
      ~Writer() {
        enough = true;
        thread.join();
      }
    };
    const Writer writer{
        enough, std::thread([&] {
          std::mt19937 random(1);
          while (!enough) {
            std::vector<EventFrame> commit;
            const std::size_t size = 1 + random() % 5;
            for (std::size_t i = 0; i < size; ++i) commit.push_back(world.log.append());
            if (random() % 3 == 0)
              std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
            world.hub->publish(std::move(commit));
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
            // Never more than the small ring holds at once, however late the hub's thread gets its
            // turn: a reader that keeps up would rightly get a lag.
            while (world.log.newest()->value - 1300 > world.hub->stats().published + 16) {
              std::this_thread::yield();
            }
          }
        })};
    std::mt19937 random(2);
    for (int round = 0; round < 60; ++round) {
      const std::uint64_t newest = world.log.newest()->value;
      // Of the last thousand: the writer does not wait, and the rounds must not get longer.
      const std::uint64_t reach = std::min<std::uint64_t>(newest - 1000, 1000);
      const std::uint64_t from = newest - random() % (reach + 1);
      const std::string query = random() % 2 == 0 ? "" : "?named=1";
      Client client = world.subscribe(query, "Last-Event-ID: " + std::to_string(from) + "\r\n");
      const auto seen = read_through(client, newest + 20);
      REQUIRE(seen.size() == newest + 20 - from);
      for (std::size_t i = 0; i < seen.size(); ++i)
        REQUIRE(seen[i].id == std::to_string(from + 1 + i));
    }
  }
}

std::string without_chunks(std::string_view framed) {
  std::string out;
  while (!framed.empty()) {
    std::size_t digits = 0;
    const std::size_t size = std::stoull(std::string(framed.substr(0, 16)), &digits, 16);
    REQUIRE(framed.substr(digits, 2) == "\r\n");
    out += framed.substr(digits + 2, size);
    framed.remove_prefix(digits + 2 + size);
    REQUIRE(framed.substr(0, 2) == "\r\n");
    framed.remove_prefix(2);
  }
  return out;
}

// The log was ahead of the ring: what was replayed comes by the ring once more, when the socket is
// just full, at every fill that there is.
TEST_CASE("what was replayed is not sent again when the socket fills up at the change to live") {
  const bool chunked = GENERATE(false, true);
  HubWorld world({}, 1000, 5);
  std::vector<EventFrame> committed;
  for (int i = 0; i < 5; ++i) committed.push_back(world.log.append());
  struct Stream {
    Fd mine;
    std::size_t head;
  };
  std::vector<Stream> streams;
  for (std::size_t head = 0;; head += 64) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    const int smallest = 1;
    REQUIRE(::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest) == 0);
    StreamSocket socket;
    socket.fd = Fd(ends[0]);
    socket.chunked = chunked;
    const std::string before(head, '\n');
    Fd mine(ends[1]);
    if (::send(ends[0], before.data(), head, 0) != static_cast<ssize_t>(head)) break;
    streams.push_back({std::move(mine), head});
    world.hub->subscribe(std::move(socket), {.resume = {true, EventId(1002)}});
  }
  REQUIRE(eventually([&] { return world.hub->stats().delivered == streams.size() * 8; }));
  committed.push_back(world.log.append());
  world.hub->publish(std::move(committed));
  for (const Stream& stream : streams) {
    INFO("after " << stream.head << " bytes");
    std::string text;
    REQUIRE(eventually([&] {
      char chunk[4096];
      const ssize_t got = ::recv(stream.mine.get(), chunk, sizeof chunk, 0);
      if (got > 0) text.append(chunk, static_cast<std::size_t>(got));
      return text.find("\"n\":1011") != std::string::npos &&
             text.ends_with(chunked ? "\n\n\r\n" : "\n\n");
    }));
    text.erase(0, stream.head);
    if (chunked) text = without_chunks(text);
    const auto seen = parse_stream(text);
    REQUIRE(seen.size() == 9);
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i].id == std::to_string(1003 + i));
  }
}

}  // namespace
}  // namespace gateway::test
