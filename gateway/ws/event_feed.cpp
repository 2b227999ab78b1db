#include "gateway/ws/event_feed.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "rpc/json_write.h"

namespace gateway {

base::Result<std::unique_ptr<EventFeed>> EventFeed::open(EventLoop& loop, Hub& hub,
                                                         StreamSocket socket, StreamOptions options,
                                                         Calls calls) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::fail_errno(base::Errc::io, "open a stream of events", errno);
  }
  Fd mine(ends[0]);
  socket.fd = Fd(ends[1]);
  std::unique_ptr<EventFeed> out(
      new EventFeed(loop, std::move(mine), socket.slot.another(), std::move(calls)));
  EDGE_CHECK(out->watch());
  options.manner.named = true;
  hub.subscribe(std::move(socket), std::move(options));
  return out;
}

EventFeed::EventFeed(EventLoop& loop, Fd fd, Slot slot, Calls calls)
    : loop_(loop),
      fd_(std::move(fd)),
      slot_(std::move(slot)),
      calls_(std::move(calls)),
      lines_([this](const SseEvent& event) { on_event(event); }) {}

EventFeed::~EventFeed() { close(); }

base::Result<> EventFeed::watch() { return loop_.add(fd_.get(), EPOLLIN, *this); }

void EventFeed::close() {
  if (!fd_) return;
  loop_.remove(fd_.get(), *this);
  fd_.reset();
  slot_.reset();
}

void EventFeed::set_room(bool room) {
  if (!fd_ || room == room_) return;
  room_ = room;
  // Without an interest the end of the stream alone is reported.
  const std::uint32_t interest = room ? static_cast<std::uint32_t>(EPOLLIN) : 0U;
  if (!loop_.modify(fd_.get(), interest, *this)) close();
}

void EventFeed::on_io(std::uint32_t /*events*/) {
  std::array<char, 16 * 1024> bytes{};
  const ssize_t size = ::read(fd_.get(), bytes.data(), bytes.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0) {
    lines_.feed({bytes.data(), static_cast<std::size_t>(size)});
    return calls_.on_read();
  }
  close();
  calls_.on_end();
}

void EventFeed::on_event(const SseEvent& event) {
  std::string text = R"({"jsonrpc":"2.0","method":"event","params":{"id":)";
  rpc::append_json_string(text, lines_.last_id());
  text += R"(,"event":)";
  rpc::append_json_string(text, event.type.empty() ? "message" : event.type);
  text += R"(,"data":)";
  if (nlohmann::json::accept(event.data)) {
    text += event.data;
  } else {
    rpc::append_json_string(text, event.data);
  }
  text += "}}";
  calls_.on_event(std::move(text));
}

}  // namespace gateway
