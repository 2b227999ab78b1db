#include "gateway/peer/curl_loop.h"

#include <utility>

#include "base/log.h"

namespace gateway {
namespace {

constexpr long kIdleConnections = 16;

std::uint32_t epoll_events(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;
  }
}

int curl_events(std::uint32_t events) {
  int out = 0;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) != 0) out |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) out |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) out |= CURL_CSELECT_ERR;
  return out;
}

}  // namespace

class CurlLoop::Socket final : public IoHandler {
 public:
  Socket(CurlLoop& owner, curl_socket_t fd) : owner_(owner), fd_(fd) {}
  // libcurl may destroy this socket's handler during the call: no member is used after it.
  void on_io(std::uint32_t events) override { owner_.act(fd_, curl_events(events)); }

 private:
  CurlLoop& owner_;
  curl_socket_t fd_;
};

CurlLoop::CurlLoop(EventLoop& loop)
    : loop_(loop), timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {}

CurlLoop::~CurlLoop() {
  *alive_ = false;
  std::exchange(later_, {}).clear();
  if (multi_ == nullptr) return;
  for (auto& [easy, transfer] : transfers_) api_->multi_remove_handle(multi_, easy);
  transfers_.clear();
  api_->multi_cleanup(multi_);  // closes what is kept alive, which takes the sockets away
  for (auto& [fd, socket] : sockets_) loop_.remove(fd, *socket);
}

bool CurlLoop::set_up() {
  if (multi_ != nullptr) return true;
  const auto api = CurlApi::load();
  if (!api) {
    if (!reported_missing_) base::log::error("{}", api.error().message);
    reported_missing_ = true;
    return false;
  }
  api_ = *api;
  multi_ = api_->multi_init();
  if (multi_ == nullptr) return false;
  api_->multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  api_->multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  api_->multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  api_->multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  api_->multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
  return true;
}

CurlEasy CurlLoop::make_easy() {
  return set_up() ? CurlEasy(api_->easy_init(), {api_}) : CurlEasy();
}

void CurlLoop::run(CurlEasy easy, Done done) { start({std::move(easy), std::move(done), nullptr}); }

void CurlLoop::connect(CurlEasy easy, Connected done) {
  start({std::move(easy), nullptr, std::move(done)});
}

void CurlLoop::start(Transfer transfer) {
  CURL* const key = transfer.easy.get();
  transfers_.emplace(key, std::move(transfer));
  if (api_->multi_add_handle(multi_, key) == CURLM_OK) return;  // its timer starts the transfer
  auto failed = transfers_.extract(key);
  later([ended = std::move(failed.mapped())]() mutable {
    if (ended.connected) {
      ended.easy.reset();
      ended.connected(CURLE_FAILED_INIT);
    } else {
      ended.done(std::move(ended.easy), CURLE_FAILED_INIT);
    }
  });
}

void CurlLoop::later(base::UniqueFunction<void()> work) {
  later_.push_back(std::move(work));
  if (later_.size() > 1) return;  // it is posted
  loop_.post([this, alive = alive_] {
    if (*alive) run_later();
  });
}

void CurlLoop::run_later() {
  std::vector<base::UniqueFunction<void()>> work;
  work.swap(later_);
  for (auto& piece : work) {
    piece();
    piece = nullptr;  // what it owns is destroyed now, not after all of them
  }
}

void CurlLoop::cancel(CURL* easy) {
  auto ended = transfers_.extract(easy);
  if (!ended.empty()) api_->multi_remove_handle(multi_, easy);
}

void CurlLoop::act(curl_socket_t fd, int events) {
  int running = 0;
  api_->multi_socket_action(multi_, fd, events, &running);
  collect();
}

void CurlLoop::collect() {
  int left = 0;
  while (CURLMsg* message = api_->multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const key = message->easy_handle;
    const CURLcode code = message->data.result;  // the message dies with the next call
    const auto found = transfers_.find(key);
    if (code == CURLE_OK && found != transfers_.end() && found->second.connected) {
      std::exchange(found->second.connected, nullptr)(code);
      continue;
    }
    api_->multi_remove_handle(multi_, key);
    auto finished = transfers_.extract(key);
    if (finished.empty()) continue;
    Transfer transfer = std::move(finished.mapped());
    if (transfer.connected) {
      transfer.easy.reset();
      transfer.connected(code);
      continue;
    }
    transfer.done(std::move(transfer.easy), code);
  }
}

int CurlLoop::on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self, void* /*socket*/) {
  auto& loop = *static_cast<CurlLoop*>(self);
  const auto found = loop.sockets_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (found != loop.sockets_.end()) {
      loop.loop_.remove(fd, *found->second);
      loop.sockets_.erase(found);
    }
    return 0;
  }
  if (found != loop.sockets_.end()) {
    return loop.loop_.modify(fd, epoll_events(what), *found->second) ? 0 : -1;
  }
  auto socket = std::make_unique<Socket>(loop, fd);
  if (const auto added = loop.loop_.add(fd, epoll_events(what), *socket); !added) {
    base::log::warning("a connection to a peer cannot be watched: {}", added.error().message);
    return -1;
  }
  loop.sockets_.emplace(fd, std::move(socket));
  return 0;
}

int CurlLoop::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (timeout_ms < 0) {
    loop.timer_.disarm();
  } else {
    loop.timer_.arm(timeout_ms);
  }
  return 0;
}

}  // namespace gateway
