#include "gateway/relay/streams.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/log.h"

namespace gateway {
namespace {

constexpr base::Millis kTick = 2'000;
constexpr base::Millis kPingEvery = 25'000;
constexpr base::Millis kSilence = 150'000;  // of the device
constexpr int kUnackedMs = 60'000;          // of what the kernel sent
constexpr std::size_t kLoadBytes = 512 * 1024;

}  // namespace

class RelayStreams::Stream final : public IoHandler {
 public:
  Stream(RelayStreams& owner, std::int64_t of, StreamSocket socket)
      : mailbox(of),
        out(std::move(socket.unsent)),
        fd(std::move(socket.fd)),
        party("relay " + socket.party),
        owner_(owner),
        slot_(std::move(socket.slot)) {}

  void on_io(std::uint32_t events) override {
    const auto self = owner_.find(mailbox);
    if (!self || self.get() != this) return;
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return owner_.close(self);
    writable = true;
    owner_.advance(self);
  }

  std::size_t unsent() const { return out.size() - at; }
  // False: the connection broke.
  bool flush(base::Millis now) {
    while (writable && unsent() > 0) {
      const ssize_t sent = ::send(fd.get(), out.data() + at, unsent(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        writable = false;
        break;
      }
      at += static_cast<std::size_t>(sent);
      sent_at = now;
    }
    if (unsent() == 0) {
      out = {};
      at = 0;
    }
    return true;
  }
  void release() {
    fd.reset();
    slot_.reset();
  }

  const std::int64_t mailbox;
  std::string out;
  std::size_t at = 0;  // of out: sent
  Fd fd;
  const std::string party;  // for whom the workers read
  bool writable = true;
  bool loading = false;
  bool more = true;                               // there may be envelopes that were not sent yet
  std::int64_t after = 0;                         // the last one sent
  std::map<std::int64_t, std::size_t> in_flight;  // sent and not acknowledged
  std::size_t in_flight_bytes = 0;
  base::Millis last_received_at = 0;
  base::Millis sent_at = 0;

 private:
  RelayStreams& owner_;
  Slot slot_;
};

RelayStreams::RelayStreams(EventLoop& loop, WorkerPool& workers, RelayMailboxes& mailboxes)
    : loop_(loop), workers_(workers), mailboxes_(mailboxes), tick_(loop, [this] { on_tick(); }) {}

RelayStreams::~RelayStreams() {
  *alive_ = false;
  for (auto& [mailbox, stream] : streams_) {
    if (stream->fd) loop_.remove(stream->fd.get(), *stream);
  }
}

RelayStreams::StreamPtr RelayStreams::find(std::int64_t mailbox) const {
  const auto found = streams_.find(mailbox);
  return found == streams_.end() ? nullptr : found->second;
}

void RelayStreams::attach(std::int64_t mailbox, StreamSocket socket) {
  if (stopped_) return;
  if (const auto older = find(mailbox)) goodbye(older, GoodbyeReason::replaced);
  auto stream = std::make_shared<Stream>(*this, mailbox, std::move(socket));
  ::setsockopt(stream->fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnackedMs, sizeof kUnackedMs);
  if (const auto added = loop_.add(stream->fd.get(), EPOLLOUT | EPOLLRDHUP | EPOLLET, *stream);
      !added) {
    base::log::warning("relay: a stream cannot be watched: {}", added.error().message);
    return;
  }
  stream->last_received_at = loop_.now();
  buffered_ += stream->unsent();
  streams_[mailbox] = stream;
  {
    base::Lock lock(mutex_);
    present_.insert(mailbox);
  }
  if (!tick_.armed()) tick_.arm(kTick);
  const std::size_t before = stream->unsent();
  append_frame(stream->out, PingFrame{loop_.clock().now()});
  buffered_ += stream->unsent() - before;
  advance(stream);
}

// Sends what is there, then requests more.
void RelayStreams::advance(const StreamPtr& stream) {
  const std::size_t before = stream->unsent();
  if (!stream->flush(loop_.now())) return close(stream);
  buffered_ -= before - stream->unsent();
  load(stream);
  if (buffered_ >= kBuffered) return;
  for (const std::int64_t mailbox : std::exchange(starved_, {})) {
    if (const auto other = find(mailbox)) load(other);
  }
}

void RelayStreams::load(const StreamPtr& stream) {
  if (stream->loading || !stream->more || stream->unsent() > 0 ||
      stream->in_flight_bytes >= kWindow) {
    return;
  }
  if (buffered_ >= kBuffered) {
    starved_.insert(stream->mailbox);
    return;
  }
  stream->loading = true;
  stream->more = false;
  buffered_ += kLoadBytes;
  const bool accepted = workers_.submit_rest(
      stream->party, [this, stream, alive = alive_, &loop = loop_, after = stream->after] {
        auto waiting = mailboxes_.waiting(stream->mailbox, after, kLoadBytes);
        loop.post([this, stream, alive, waiting = std::move(waiting)]() mutable {
          if (*alive) loaded(stream, std::move(waiting));
        });
      });
  if (accepted) return;
  buffered_ -= kLoadBytes;
  stream->loading = false;
  stream->more = true;  // the next tick tries again
}

void RelayStreams::loaded(const StreamPtr& stream, base::Result<RelayMailboxes::Waiting> waiting) {
  buffered_ -= kLoadBytes;
  stream->loading = false;
  if (!stream->fd) return;
  if (!waiting) {
    base::log::warning("relay: a mailbox cannot be read: {}", waiting.error().message);
    stream->more = true;
    return;
  }
  if (!waiting->ids.empty()) {
    stream->more = true;
    for (const auto& [id, bytes] : waiting->ids) {
      stream->in_flight.emplace(id, bytes);
      stream->in_flight_bytes += bytes;
    }
    stream->after = waiting->ids.back().first;
    buffered_ += waiting->frames.size();
    stream->out += waiting->frames;
  }
  advance(stream);
}

void RelayStreams::wake(std::int64_t mailbox) {
  if (!has(mailbox)) return;
  loop_.post([this, alive = alive_, mailbox] {
    if (!*alive) return;
    if (const auto stream = find(mailbox)) {
      stream->more = true;
      load(stream);
    }
  });
}

void RelayStreams::acknowledged(std::int64_t mailbox, std::vector<std::int64_t> ids) {
  loop_.post([this, alive = alive_, mailbox, ids = std::move(ids)] {
    if (!*alive) return;
    const auto stream = find(mailbox);
    if (!stream) return;
    stream->last_received_at = loop_.now();
    for (const std::int64_t id : ids) {
      const auto found = stream->in_flight.find(id);
      if (found == stream->in_flight.end()) continue;
      stream->in_flight_bytes -= found->second;
      stream->in_flight.erase(found);
    }
    load(stream);
  });
}

bool RelayStreams::has(std::int64_t mailbox) {
  base::Lock lock(mutex_);
  return present_.contains(mailbox);
}

std::size_t RelayStreams::count() {
  base::Lock lock(mutex_);
  return present_.size();
}

// A frame that does not fit is left out: the end of the stream is enough.
void RelayStreams::goodbye(const StreamPtr& stream, GoodbyeReason reason) {
  if (stream->unsent() == 0) {
    append_frame(stream->out, GoodbyeFrame{reason});
    buffered_ += stream->unsent();
    const std::size_t before = stream->unsent();
    (void)stream->flush(loop_.now());
    buffered_ -= before - stream->unsent();
  }
  close(stream);
}

void RelayStreams::close(const StreamPtr& stream) {
  if (!stream->fd) return;
  loop_.remove(stream->fd.get(), *stream);
  buffered_ -= stream->unsent();
  stream->out = {};
  stream->at = 0;
  stream->release();
  starved_.erase(stream->mailbox);
  const auto found = streams_.find(stream->mailbox);
  if (found == streams_.end() || found->second != stream) return;
  // The argument may be the map's own. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const StreamPtr kept = stream;
  streams_.erase(found);
  base::Lock lock(mutex_);
  present_.erase(kept->mailbox);
}

void RelayStreams::on_tick() {
  if (streams_.empty()) return;
  tick_.arm(kTick);
  const base::Millis now = loop_.now();
  std::vector<StreamPtr> all;
  all.reserve(streams_.size());
  for (const auto& [mailbox, stream] : streams_) all.push_back(stream);
  for (const StreamPtr& stream : all) {
    if (now - stream->last_received_at > kSilence) {
      close(stream);
      continue;
    }
    if (now - stream->sent_at >= kPingEvery && stream->unsent() == 0) {
      append_frame(stream->out, PingFrame{loop_.clock().now()});
      buffered_ += stream->unsent();
    }
    advance(stream);
  }
  dismiss_revoked();
}

// `relay revoke` runs in another process, which can only write into the store.
void RelayStreams::dismiss_revoked() {
  if (looking_for_revoked_) return;
  looking_for_revoked_ =
      workers_.submit_rest("", [this, alive = alive_, &mailboxes = mailboxes_, &loop = loop_] {
        auto revoked = mailboxes.revoked();
        loop.post([this, alive, revoked = std::move(revoked)] {
          if (!*alive) return;
          looking_for_revoked_ = false;
          if (!revoked) return;  // the next tick tries again
          for (const std::int64_t mailbox : *revoked) {
            if (const auto stream = find(mailbox)) goodbye(stream, GoodbyeReason::not_admitted);
          }
        });
      });
}

void RelayStreams::stop() {
  stopped_ = true;
  tick_.disarm();
  while (!streams_.empty()) {
    const StreamPtr stream = streams_.begin()->second;
    goodbye(stream, GoodbyeReason::stopping);
  }
}

}  // namespace gateway
