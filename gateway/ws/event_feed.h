// EventFeed: a stream of the hub's for a WebSocket. It subscribes with one end of a pair of sockets
// and reads the other, so that filters, resuming, lag and slow readers are those of GET /events,
// and makes a JSON-RPC notification of each event:
//
//   {"jsonrpc":"2.0","method":"event","params":{"id":"17","event":"IncomingMsg","data":{…}}}
//
// `id` is where a new stream resumes ("" before the first), `event` the event's type ("message"
// where it has none), `data` what it holds: JSON, or a text.
//
// Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/http/sse_lines.h"
#include "gateway/hub/hub.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

class EventFeed final : public IoHandler {
 public:
  struct Calls {
    std::function<void(std::string notification)> on_event;
    std::function<void()> on_read;  // after one or more events
    std::function<void()> on_end;   // the hub closed the stream
  };
  // `loop` and `hub` outlive this. A call may close() the feed, not destroy it. The socket says
  // whose stream it is; its descriptor is not used.
  static base::Result<std::unique_ptr<EventFeed>> open(EventLoop& loop, Hub& hub,
                                                       StreamSocket socket, StreamOptions options,
                                                       Calls calls);
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // Events are taken while there is room for them; others wait with the hub.
  void set_room(bool room);
  void close();
  void on_io(std::uint32_t events) override;

 private:
  EventFeed(EventLoop& loop, Fd fd, Slot slot, Calls calls);
  base::Result<> watch();
  void on_event(const SseEvent& event);

  EventLoop& loop_;
  Fd fd_;
  Slot slot_;
  const Calls calls_;
  bool room_ = true;
  SseLines lines_;
};

}  // namespace gateway
