// What all WebSockets share. Loop thread, but for `gate`.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/limits/request_limits.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/server/exchange.h"
#include "gateway/ws/session.h"

namespace gateway {

struct WebSocketContext {
  static constexpr std::size_t kMaxHeld = 128 * 1024 * 1024;  // bytes of all of them together

  EventLoop& loop;
  WorkerPool& workers;
  rpc::Dispatcher& dispatcher;
  Hub& hub;
  RequestLimits& limits;
  const std::shared_ptr<Gate> gate = std::make_shared<Gate>(loop);
  std::vector<std::unique_ptr<WebSocketSession>> sessions = {};
  std::vector<std::unique_ptr<WebSocketSession>> graveyard = {};
  base::UniqueFunction<void()> on_empty = {};  // once: when the last session went
  std::size_t held = 0;
  std::atomic<std::uint64_t> opened{0}, received{0}, sent{0};
  std::atomic<std::size_t> open{0};
  bool after_pass_due = false;

  void add(std::unique_ptr<WebSocketSession> session);
  void retire(WebSocketSession& session);  // frees it after this pass
  // A session holds so many bytes more, or fewer.
  void hold(std::ptrdiff_t more);
  void after_pass();
};

}  // namespace gateway
