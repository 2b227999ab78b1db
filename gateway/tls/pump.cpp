#include "gateway/tls/pump.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>

#include "base/log.h"
#include "gateway/loop/vanished.h"

namespace gateway {
namespace {

constexpr int kTurns = 16;           // records a pass, so that one client does not hold the loop
constexpr int kPairBuffer = 32'768;  // of each direction in the kernel
constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

}  // namespace

TlsPump::TlsPump(TlsPumpHost& host, EventLoop& loop, AcceptedSocket socket,
                 std::shared_ptr<SSL_CTX> context, Ssl ssl)
    : host_(host),
      loop_(loop),
      context_(std::move(context)),
      net_(*this),
      plain_(*this),
      ssl_(std::move(ssl)),
      about_(std::move(socket)),
      timer_(loop, [this] { on_timer(); }) {
  net_.fd = std::move(about_.fd);
}

bool TlsPump::begin(base::Millis handshake_timeout) {
  if (host_.api().set_fd(ssl_.get(), net_.fd.get()) != 1) return false;
  if (!loop_.add(net_.fd.get(), kEvents, net_)) return false;
  timer_.arm(handshake_timeout);
  return true;
}

void TlsPump::End::on_io(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) readable = true;
  if ((events & EPOLLOUT) != 0) writable = true;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) hung_up = readable = writable = true;
  pump.run();
}

void TlsPump::run() {
  if (!net_.fd) return;
  if (shaking_) shake_hands();
  for (int turn = 0; !shaking_ && net_.fd; ++turn) {
    if (turn == kTurns) return timer_.arm(0);
    const bool in = net_to_plain();
    const bool out = net_.fd && plain_to_net();
    if (in || out) continue;
    // The server sends nothing more and reads nothing more.
    if (net_.fd && plain_ended_ && to_net_.empty() && (plain_.hung_up || net_ended_)) close();
    return;
  }
}

void TlsPump::on_timer() {
  if (!shaking_) return run();
  host_.failed();
  close();
}

// ---- the handshake -----------------------------------------------------------------------------

void TlsPump::shake_hands() {
  const OpensslApi& api = host_.api();
  api.err_clear();
  const int result = api.accept(ssl_.get());
  if (result == 1) {
    timer_.disarm();
    shaking_ = false;
    if (!open_plain_side()) close();
    return;
  }
  const int error = api.get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    if (net_.hung_up) {
      host_.failed();
      close();
    }
    return;
  }
  host_.failed();
  const unsigned long code = api.err_get();
  if (code != 0 && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST) refuse_plain_http();
  api.err_clear();
  close();
}

void TlsPump::refuse_plain_http() {
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
      "{\"error\":\"This address speaks TLS: use https://.\"}\n";
  [[maybe_unused]] const auto sent =
      ::send(net_.fd.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(net_.fd.get(), SHUT_WR);
  // What is left unread would turn the close into a reset, and the answer would be lost.
  auto& scratch = host_.scratch();
  while (::recv(net_.fd.get(), scratch.data(), scratch.size(), MSG_DONTWAIT) > 0) {
  }
}

bool TlsPump::open_plain_side() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    base::log::warning("a TLS connection is dropped: no more descriptors");
    return false;
  }
  plain_.fd = Fd(pair[0]);
  Fd other(pair[1]);
  for (const int fd : pair) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kPairBuffer, sizeof kPairBuffer);
  }
  if (!loop_.add(plain_.fd.get(), kEvents, plain_)) return false;
  host_.shaken({std::move(other), about_.peer, about_.local, about_.kind, Slot()});
  return true;
}

// ---- both directions ---------------------------------------------------------------------------

bool TlsPump::net_to_plain() {
  if (!to_plain_.empty()) {
    const std::string rest = std::exchange(to_plain_, {});
    if (!send_plain(rest)) return false;
    return to_plain_.size() < rest.size();
  }
  if (net_ended_ || !net_.readable) return false;
  auto& scratch = host_.scratch();
  const OpensslApi& api = host_.api();
  api.err_clear();
  const int got = api.read(ssl_.get(), scratch.data(), static_cast<int>(scratch.size()));
  if (got > 0) return send_plain({scratch.data(), static_cast<std::size_t>(got)});
  if (api.get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN) {
    net_ended_ = true;  // the client said goodbye: it sends nothing more
    ::shutdown(plain_.fd.get(), SHUT_WR);
    return true;
  }
  if (wait_or_close(got)) net_.readable = false;
  return false;
}

bool TlsPump::plain_to_net() {
  if (!to_net_.empty()) {
    if (!net_.writable && !net_.readable) return false;
    const std::string rest = std::exchange(to_net_, {});
    if (!send_net(rest)) return false;
    return to_net_.size() < rest.size();
  }
  if (plain_ended_ || !plain_.readable) return false;
  auto& scratch = host_.scratch();
  const ssize_t got = ::recv(plain_.fd.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (got > 0) return send_net({scratch.data(), static_cast<std::size_t>(got)});
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    plain_.readable = false;
    return false;
  }
  plain_ended_ = true;
  host_.api().err_clear();
  host_.api().shutdown(ssl_.get());  // close_notify: the client knows that nothing was cut off
  ::shutdown(net_.fd.get(), SHUT_WR);
  return true;
}

// False: the pump has closed.
bool TlsPump::send_plain(std::string_view bytes) {
  const ssize_t sent =
      ::send(plain_.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    // The server closed: what it wrote before still goes out.
    net_ended_ = true;
    to_plain_.clear();
    return true;
  }
  to_plain_.assign(bytes.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent)));
  return true;
}

bool TlsPump::send_net(std::string_view bytes) {
  const OpensslApi& api = host_.api();
  api.err_clear();
  const int sent = api.write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (sent <= 0) {
    if (!wait_or_close(sent)) return false;
    net_.writable = false;
    to_net_.assign(bytes);  // OpenSSL wants the same bytes again
    return true;
  }
  to_net_.assign(bytes.substr(static_cast<std::size_t>(sent)));
  return true;
}

// True: the socket is full or empty, and an event will follow. False: it broke, and this is closed.
bool TlsPump::wait_or_close(int result) {
  const int error = host_.api().get_error(ssl_.get(), result);
  const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  if (waits && !net_.hung_up) return true;
  close();
  return false;
}

void TlsPump::sweep(base::Millis silence_allowed) {
  if (net_.fd && !shaking_ && peer_vanished(net_.fd.get(), silence_allowed)) close();
}

void TlsPump::close() {
  if (!net_.fd) return;
  timer_.disarm();
  loop_.remove(net_.fd.get(), net_);
  if (plain_.fd) loop_.remove(plain_.fd.get(), plain_);
  net_.fd.reset();
  plain_.fd.reset();
  about_.slot.reset();
  host_.closed(*this);
}

}  // namespace gateway
