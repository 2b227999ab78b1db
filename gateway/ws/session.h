// WebSocketSession: one open WebSocket: each text message is a JSON-RPC body for the dispatcher,
// answers go out as they come, in any order, and events between them where the client asked for
// them.
//
// Bounds: a message (kMaxMessage), calls under way (kMaxCalls, and kMaxMessage of their messages;
// few of them run at once, so that not many answers are made for a client that takes none), answers
// that wait (past kPause nothing more is read until the client has taken some). A client that takes
// nothing for a minute, sends a message too slowly or does not answer pings is closed. The end of
// the connection ends its calls as with /rpc: parked calls are dropped, and leased items returned.
//
// Loop thread, but for answers, which come from any.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "gateway/http/message.h"
#include "gateway/hub/filter.h"
#include "gateway/loop/event_loop.h"
#include "gateway/ws/event_feed.h"
#include "gateway/ws/frames.h"
#include "rpc/dispatcher.h"

namespace gateway {

struct WebSocketContext;

// What a client asked for by its handshake.
struct WebSocketOpening {
  bool loopback = false;          // see rpc::Caller
  bool restricted_paths = false;  // likewise
  std::string party;
  std::optional<StreamOptions> events;  // nothing: it wants none
};

class WebSocketSession final : public IoHandler {
 public:
  static constexpr std::size_t kMaxMessage = 16 * 1024 * 1024;  // as a body of /rpc
  static constexpr std::size_t kMaxCalls = 1'000;
  static constexpr std::size_t kMaxRunning = 8;  // of these at work, or waiting for a worker
  static constexpr std::size_t kPause = 1024 * 1024;

  WebSocketSession(WebSocketContext& context, StreamSocket socket, WebSocketOpening opening);
  ~WebSocketSession();  // after drop()
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  // Watches the socket, subscribes to events and takes what the client has sent already.
  base::Result<> open();
  void on_io(std::uint32_t events) override;
  // Reads no more, and closes once what is under way is answered.
  void begin_stop();
  void close_if_ended();  // its key was revoked, or has expired
  void drop();            // at once

  std::size_t held() const { return accounted_; }  // bytes, as the context knows them
  std::size_t place = 0;                           // in WebSocketContext::sessions

 private:
  struct Link {  // the way back for answers
    WebSocketSession* session = nullptr;
  };

  bool closed() const { return !fd_; }
  bool wants_input() const;
  bool may_call() const;
  std::size_t unsent() const;
  void pump();
  void read();
  void serve();
  bool begin(std::string& body);
  base::Millis wait_for_limits();
  void on_answer(rpc::Reply reply, std::size_t asked);
  void on_ran();
  void put(rpc::Reply reply);
  void close(CloseCode code, std::string_view reason);
  void flush();
  bool send_wire();
  bool frame_replies();
  void settle();
  void on_tick();
  void start_feed();

  WebSocketContext& context_;
  Fd fd_;
  Slot slot_;
  const std::string peer_;
  const std::shared_ptr<const rpc::Access> access_;
  base::CancelSource closed_;
  base::CancelSource input_ended_;
  const rpc::Caller caller_;
  std::optional<StreamOptions> events_;
  WebSocketFrames frames_;
  const std::shared_ptr<Link> link_ = std::make_shared<Link>();
  std::deque<std::string> waiting_;  // messages that are not begun yet
  std::size_t waiting_bytes_ = 0;
  bool paid_ = false;           // the first of them has passed the limits
  std::size_t calls_ = 0;       // under way
  std::size_t running_ = 0;     // of them: at work, or waiting for a worker; the others are parked
  std::size_t call_bytes_ = 0;  // of their messages
  std::deque<rpc::Reply> out_;
  std::size_t out_bytes_ = 0;
  std::vector<base::Lease> under_way_;  // of the answers whose ends are in wire_
  std::string wire_;                    // framed
  std::size_t wire_at_ = 0;
  std::size_t accounted_ = 0;
  std::uint32_t interest_ = 0;
  bool half_closed_ = false;
  bool stopping_ = false;
  bool pinged_ = false;                // since the last frame of the client
  bool shut_ = false;                  // nothing more is sent
  base::Millis last_received_at_ = 0;  // when the client last sent something
  base::Millis took_at_ = 0;           // when it last took something, or had taken all
  base::Millis grew_at_ = 0;           // when the message that is received last grew enough
  std::size_t grown_to_ = 0;           // its size then
  base::Millis closing_at_ = 0;        // when a close frame was put or came; 0: not yet
  Timer tick_;
  Timer retry_;
  std::unique_ptr<EventFeed> feed_;
};

}  // namespace gateway
