#include "gateway/ws/context.h"

#include <algorithm>

#include "base/log.h"

namespace gateway {

void WebSocketContext::add(std::unique_ptr<WebSocketSession> session) {
  session->place = sessions.size();
  sessions.push_back(std::move(session));
  opened.fetch_add(1, std::memory_order_relaxed);
  open.store(sessions.size(), std::memory_order_relaxed);
}

void WebSocketContext::retire(WebSocketSession& session) {
  const std::size_t place = session.place;
  graveyard.push_back(std::move(sessions[place]));
  if (place + 1 < sessions.size()) {
    sessions[place] = std::move(sessions.back());
    sessions[place]->place = place;
  }
  sessions.pop_back();
  open.store(sessions.size(), std::memory_order_relaxed);
  after_pass();
}

void WebSocketContext::hold(std::ptrdiff_t more) {
  held += static_cast<std::size_t>(more);  // modulo 2^64
  if (held <= kMaxHeld || sessions.empty()) return;
  const auto most =
      std::max_element(sessions.begin(), sessions.end(),
                       [](const auto& a, const auto& b) { return a->held() < b->held(); });
  base::log::warning("a WebSocket for which {} bytes wait is closed: too many wait in all",
                     (*most)->held());
  (*most)->drop();
}

void WebSocketContext::after_pass() {
  if (after_pass_due) return;
  after_pass_due = true;
  loop.defer([this, alive = gate] {
    if (!alive->is_open()) return;  // this was destroyed
    after_pass_due = false;
    graveyard.clear();
    if (sessions.empty() && on_empty) std::exchange(on_empty, nullptr)();
  });
}

}  // namespace gateway
