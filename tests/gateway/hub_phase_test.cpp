// The phases of an event stream, and its way through them over a real socket.
#include <set>
#include <utility>

#include "gateway/hub/stream_phase.h"
#include "gateway/hub/subscriber.h"
#include "tests/gateway/hub_world.h"
#include "tests/support/catch.h"

namespace gateway::test {
namespace {

using enum StreamPhase;

constexpr StreamPhase kAll[] = {begun,   opening, behind,  replaying,
                                joining, current, lagging, closed};

TEST_CASE("an event stream goes from phase to phase as written here, and in no other way") {
  static_assert(std::size(kAll) == kStreamPhases);
  const std::set<std::pair<StreamPhase, StreamPhase>> legal = {
      {begun, opening},    {begun, behind},      {begun, joining},     {begun, current},
      {opening, behind},   {opening, joining},   {opening, current},   {behind, replaying},
      {replaying, behind}, {replaying, opening}, {replaying, joining}, {replaying, current},
      {joining, current},  {joining, lagging},   {current, lagging},   {lagging, current},
      {joining, behind},   {current, behind},    {begun, closed},      {opening, closed},
      {behind, closed},    {replaying, closed},  {joining, closed},    {current, closed},
      {lagging, closed}};
  for (const StreamPhase from : kAll) {
    for (const StreamPhase to : kAll) {
      INFO(name_of(from) << " -> " << name_of(to));
      CHECK(may_follow(from, to) == legal.contains({from, to}));
    }
  }
}

TEST_CASE("every phase has a name of its own") {
  std::set<std::string_view> names;
  for (const StreamPhase phase : kAll) names.insert(name_of(phase));
  CHECK(names.size() == std::size(kAll));
  CHECK_FALSE(names.contains(""));
}

// A subscriber on one end of a socket pair, with a hub that counts.
struct OneStream final : SubscriberHost {
  OneStream() : loop(std::move(EventLoop::create(clock).value())) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    client = Fd(ends[1]);
    StreamSocket socket;
    socket.fd = Fd(ends[0]);
    subscriber =
        std::make_unique<Subscriber>(*this, *loop, std::move(socket), StreamManner(), nullptr);
    REQUIRE(subscriber->watch());
  }
  const Ring& ring() const override { return frames; }
  void count_delivery(std::uint64_t events) override { delivered += events; }
  void closed(Subscriber&) override { ++closings; }
  void read_log(Subscriber&) override { ++log_reads; }
  void behind(Subscriber&) override {}
  bool keep_bytes(std::ptrdiff_t) override { return true; }

  void publish(std::uint64_t id) {
    REQUIRE(frames.append({.id = base::EventId(id),
                           .account = base::AccountId(1),
                           .chat = {},
                           .type = "IncomingMsg",
                           .data = "{\"type\":\"IncomingMsg\"}"}));
  }
  std::string received() {
    std::string text(64 * 1024, '\0');
    const ssize_t got = ::recv(client.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

  base::ManualClock clock;
  std::unique_ptr<EventLoop> loop;
  Ring frames{64 * 1024, 1000, base::EventId(100)};
  Fd client;
  std::unique_ptr<Subscriber> subscriber;
  std::uint64_t delivered = 0;
  int closings = 0;
  int log_reads = 0;
};

TEST_CASE("a stream that resumes reads the log, skips what it has had, and is current then") {
  OneStream stream;
  Subscriber& one = *stream.subscriber;
  CHECK(one.phase() == begun);
  one.begin_replay(base::EventId(50));
  CHECK(one.phase() == behind);
  one.deliver();
  CHECK(one.phase() == replaying);
  CHECK(stream.log_reads == 1);
  one.deliver();
  CHECK(stream.log_reads == 1);  // a step at a time
  one.join(base::EventId(102));  // the log had 101 and 102, the ring has neither yet
  CHECK(one.phase() == joining);
  one.deliver();
  CHECK(one.phase() == joining);
  stream.publish(101);
  stream.publish(102);
  one.deliver();
  CHECK(one.phase() == joining);
  CHECK(stream.received().empty());
  stream.publish(103);
  one.deliver();
  CHECK(one.phase() == current);
  CHECK(stream.received() == "id: 103\ndata: {\"type\":\"IncomingMsg\"}\n\n");
}

TEST_CASE("a stream that missed frames lags until it was at the end again") {
  OneStream stream;
  Subscriber& one = *stream.subscriber;
  one.join(base::EventId(100));
  for (std::uint64_t id = 101; id <= 104; ++id) stream.publish(id);
  CHECK(one.keeps_up_below(stream.frames.end(), 0));
  CHECK(one.forget_below(stream.frames.first() + 2) == 2);
  CHECK(one.phase() == lagging);
  CHECK_FALSE(one.keeps_up_below(stream.frames.end(), 0));
  one.deliver();
  CHECK(one.phase() == current);
  const std::string text = stream.received();
  CHECK(text.starts_with("event: lag\n"));
  CHECK(text.find("{\"dropped\":2}") != std::string::npos);
  CHECK(text.find("id: 104\n") != std::string::npos);
}

TEST_CASE("a step that a stream cannot take closes it, once, and nothing follows") {
  OneStream stream;
  Subscriber& one = *stream.subscriber;
  one.join(base::EventId(100));
  one.begin_replay(base::EventId(50));  // a live stream never reads the log again
  CHECK(one.phase() == closed);
  CHECK(stream.closings == 1);
  one.join(base::EventId(100));
  one.begin_opening(base::EventId(100));
  one.close();
  CHECK_FALSE(one.deliver());
  CHECK(one.phase() == closed);
  CHECK(stream.closings == 1);
  CHECK(stream.log_reads == 0);
}

}  // namespace
}  // namespace gateway::test
