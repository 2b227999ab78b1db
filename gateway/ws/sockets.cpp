#include "gateway/ws/sockets.h"

#include "base/log.h"
#include "gateway/ws/context.h"

namespace gateway {

WebSockets::WebSockets(EventLoop& loop, WorkerPool& workers, rpc::Dispatcher& dispatcher, Hub& hub,
                       RequestLimits& limits)
    : context_(new WebSocketContext{.loop = loop,
                                    .workers = workers,
                                    .dispatcher = dispatcher,
                                    .hub = hub,
                                    .limits = limits}) {}

WebSockets::~WebSockets() {
  context_->gate->close();
  while (!context_->sessions.empty()) context_->sessions.back()->drop();
}

void WebSockets::open(StreamSocket socket, WebSocketOpening opening) {
  auto made = std::make_unique<WebSocketSession>(*context_, std::move(socket), std::move(opening));
  WebSocketSession& session = *made;
  context_->add(std::move(made));
  if (const auto opened = session.open(); !opened) {
    base::log::warning("a WebSocket could not be watched: {}", opened.error().message);
    return session.drop();
  }
  if (stopping_) session.begin_stop();
}

void WebSockets::close_ended() {
  std::vector<WebSocketSession*> all;
  for (const auto& session : context_->sessions) all.push_back(session.get());
  for (WebSocketSession* const session : all) session->close_if_ended();
}

void WebSockets::stop(base::UniqueFunction<void()> done) {
  stopping_ = true;
  context_->on_empty = std::move(done);
  std::vector<WebSocketSession*> all;
  for (const auto& session : context_->sessions) all.push_back(session.get());
  for (WebSocketSession* const session : all) session->begin_stop();
  context_->after_pass();
}

WebSocketStats WebSockets::stats() const {
  return {.open = context_->open.load(std::memory_order_relaxed),
          .opened = context_->opened.load(std::memory_order_relaxed),
          .received = context_->received.load(std::memory_order_relaxed),
          .sent = context_->sent.load(std::memory_order_relaxed)};
}

}  // namespace gateway
