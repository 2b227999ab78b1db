// A device's stream from its relay: order, window, pings, and how it ends.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "tests/gateway/relay_world.h"
#include "tests/support/catch.h"

namespace {

using gateway::EnvelopeFrame;
using gateway::Frame;
using gateway::FrameReader;
using gateway::GoodbyeFrame;
using gateway::PingFrame;
using gateway::test::Client;
using gateway::test::envelope;
using gateway::test::eventually;
using gateway::test::OpenMailbox;
using gateway::test::read_head;
using gateway::test::Stream;

}  // namespace

TEST_CASE_METHOD(OpenMailbox,
                 "a stream pings at once, gives what waits, and what comes arrives at once") {
  REQUIRE(device.deposit(contact, {envelope(1)}).status == 204);
  Stream stream(device);
  CHECK(std::holds_alternative<PingFrame>(stream.next()));
  CHECK(stream.next_envelope().envelope == envelope(1));
  REQUIRE(device.deposit(contact, {envelope(2)}).status == 204);
  const EnvelopeFrame second = stream.next_envelope();
  CHECK(second.envelope == envelope(2));
  // Nothing was acknowledged: a new stream takes over and begins from the start.
  Stream again(device);
  CHECK(again.next_envelope().envelope == envelope(1));
  CHECK(again.next_envelope().envelope == envelope(2));
  Frame end = stream.next();
  REQUIRE(std::holds_alternative<GoodbyeFrame>(end));
  CHECK(std::get<GoodbyeFrame>(end).reason == gateway::GoodbyeReason::replaced);
  CHECK(stream.client.closed_by_server());
  world.stop();
  end = again.next();
  REQUIRE(std::holds_alternative<GoodbyeFrame>(end));
  CHECK(std::get<GoodbyeFrame>(end).reason == gateway::GoodbyeReason::stopping);
}

TEST_CASE_METHOD(OpenMailbox,
                 "a stream sends no more than its window until something is acknowledged") {
  for (std::uint8_t i = 0; i < 12; ++i) {
    REQUIRE(device.deposit(contact, {envelope(i, 1'000'000)}).status == 204);
  }
  Client reader(world.port);
  reader.send("GET " + gateway::relay_path(device.mailbox, "stream") +
              " HTTP/1.1\r\nHost: localhost\r\n" + device.prove("GET", "stream", {}) + "\r\n");
  read_head(reader);
  FrameReader frames;
  std::vector<std::int64_t> ids;
  std::vector<char> piece(256 * 1024);
  const auto take = [&](std::size_t until) {
    while (ids.size() < until) {
      const auto got = ::recv(reader.fd(), piece.data(), piece.size(), 0);
      REQUIRE(got > 0);
      for (const Frame& frame : test::must(frames.feed(
               base::as_bytes(std::string_view(piece.data(), static_cast<std::size_t>(got)))))) {
        if (const auto* one = std::get_if<EnvelopeFrame>(&frame)) ids.push_back(one->id);
      }
    }
  };
  take(5);
  // The window is 4 MiB: the sixth does not come by itself.
  pollfd quiet{reader.fd(), POLLIN, 0};
  CHECK(::poll(&quiet, 1, 200) == 0);
  CHECK(frames.at_boundary());
  CHECK(device.acknowledge(ids) == 204);
  take(10);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE_METHOD(OpenMailbox, "a device that says nothing for minutes is taken for gone") {
  Stream stream(device);
  CHECK(std::holds_alternative<PingFrame>(stream.next()));
  const auto later = [&] {
    world.clock.advance(30'000);
    world.loop->post([] {});
  };
  for (int i = 0; i < 3; ++i) {
    later();
    CHECK(std::holds_alternative<PingFrame>(stream.next()));
    CHECK(device.acknowledge({}) == 204);  // a ping
  }
  CHECK(eventually([&] {
    later();
    pollfd end{stream.client.fd(), POLLRDHUP, 0};
    return ::poll(&end, 1, 0) == 1;
  }));
  CHECK(stream.client.closed_by_server());
}
