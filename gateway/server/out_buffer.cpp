#include "gateway/server/out_buffer.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace gateway {
namespace {

constexpr std::size_t kWorthMoving = 4096;  // a smaller body is copied: one piece, one iovec
constexpr std::size_t kKeptUnsent = 512;    // what an idle connection may hold on to

}  // namespace

void OutBuffer::append_body(std::string body) {
  if (second_.empty() && body.size() >= kWorthMoving) {
    second_ = std::move(body);
  } else {
    tail().append(body);
  }
}

OutBuffer::Write OutBuffer::write_to(int fd, bool& written) {
  while (!empty()) {
    std::array<iovec, 2> pieces{};
    pieces[0] = {first_.data() + sent_, first_.size() - sent_};
    pieces[1] = {second_.data(), second_.size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = 2;
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Write::blocked : Write::broken;
    }
    written = written || sent > 0;
    sent_ += static_cast<std::size_t>(sent);
    if (sent_ >= first_.size()) {
      sent_ -= first_.size();
      first_ = std::exchange(second_, {});
    }
  }
  sent_ = 0;
  if (first_.capacity() > kKeptUnsent) {
    first_ = {};
  } else {
    first_.clear();
  }
  return Write::all;
}

std::string OutBuffer::take() {
  std::string out = first_.substr(sent_) + second_;
  first_.clear();
  second_.clear();
  sent_ = 0;
  return out;
}

}  // namespace gateway
