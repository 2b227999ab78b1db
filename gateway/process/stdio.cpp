#include "gateway/process/stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

namespace gateway {
namespace {

constexpr std::size_t kMaxLine = 16 * 1024 * 1024;
constexpr std::size_t kMaxWaiting = 64 * 1024 * 1024;
constexpr int kLastWordsMs = 1'000;
constexpr int kPipeSize = 256 * 1024;
constexpr std::string_view kTooLong =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the line is longer than 16 MiB"}})";

// How much an empty pipe takes at once; 0 for what is none. A longer one lets a long answer out in
// one piece.
std::size_t size_of_pipe(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISFIFO(info.st_mode)) return 0;
  int size = ::fcntl(fd, F_GETPIPE_SZ);
  if (size < kPipeSize) size = std::max(size, ::fcntl(fd, F_SETPIPE_SZ, kPipeSize));
  return static_cast<std::size_t>(std::max(size, PIPE_BUF));
}

}  // namespace

Stdio::Stdio(rpc::Dispatcher& dispatcher, StdioOptions options, int in, int out,
             base::UniqueFunction<void()> ended)
    : dispatcher_(dispatcher),
      caller_{.loopback = true,
              .restricted_paths = options.restricted_paths,
              .closed = closed_.token(),
              .input_ended = input_ended_.token(),
              .party = "stdio",
              .files = options.files},
      in_(in),
      out_(out),
      ended_(std::move(ended)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      shared_(std::make_shared<Out>(out)),
      reader_([this] { read(); }),
      writer_([this] { write(); }) {}

Stdio::~Stdio() { finish(); }

void Stdio::end() {
  if (!reported_end_.exchange(true)) ended_();
}

void Stdio::read() {
  std::array<char, 65536> bytes{};
  while (true) {
    {
      base::Lock lock(shared_->mutex);
      while (shared_->bytes > kMaxWaiting && !shared_->closed && !shared_->finishing) {
        shared_->changed.wait(shared_->mutex);
      }
      if (shared_->closed || shared_->finishing) return;
    }
    std::array<pollfd, 2> ready{pollfd{in_, POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno == EINTR) continue;
    if (ready[1].revents != 0) return;
    const auto got = ::read(in_, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    take({bytes.data(), static_cast<std::size_t>(got)});
  }
  if (!line_.empty()) call(line_);  // a last line without its end
  input_ended_.cancel();
  end();
}

void Stdio::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!skipping_ && line_.size() + part.size() > kMaxLine) {
      skipping_ = true;
      shared_->put(rpc::Reply{std::string(kTooLong)});
    }
    if (!skipping_) line_ += part;
    if (end == std::string_view::npos) return;
    if (!skipping_) call(line_);
    line_.clear();
    skipping_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void Stdio::call(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  dispatcher_.handle(std::string(line), caller_, [out = shared_](rpc::Reply reply) {
    if (reply.text.empty() || reply.wait_ended) return;
    out->put(std::move(reply));
  });
}

Stdio::Out::Out(int descriptor) : fd(descriptor), pipe_size(size_of_pipe(descriptor)) {}

// How much is written at once without waiting, when poll() says that it is ready: nobody else
// writes into the pipe.
std::size_t Stdio::Out::room() const {
  int unread = 1;
  const bool empty = pipe_size > 0 && ::ioctl(fd, FIONREAD, &unread) == 0 && unread == 0;
  return empty ? pipe_size : PIPE_BUF;
}

void Stdio::Out::put(rpc::Reply reply) {
  reply.text += '\n';
  {
    base::Lock lock(mutex);
    if (closed) return;
    if (!write_now(reply.text)) {
      bytes += reply.text.size();
      lines.push_back(std::move(reply));
      changed.notify_all();
      return;
    }
  }
  reply.taken.arrived();
}

// All of it or nothing. The thread handles errors.
bool Stdio::Out::write_now(std::string_view line) {
  if (writing || finishing || !lines.empty() || line.size() > pipe_size) return false;
  pollfd ready{fd, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || ready.revents != POLLOUT) return false;
  if (line.size() > PIPE_BUF && line.size() > room()) return false;
  return ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void Stdio::write() {
  while (true) {
    rpc::Reply line;
    bool last_words = false;
    {
      base::Lock lock(shared_->mutex);
      shared_->writing = false;
      while (shared_->lines.empty() && !shared_->finishing) shared_->changed.wait(shared_->mutex);
      if (shared_->lines.empty()) return;
      line = std::move(shared_->lines.front());
      shared_->lines.pop_front();
      shared_->bytes -= line.text.size();
      shared_->writing = true;
      last_words = shared_->finishing;
      shared_->changed.notify_all();
    }
    std::string_view rest = line.text;
    while (!rest.empty()) {
      // Never longer than a second at a time in the kernel, so that finish() is noticed.
      pollfd ready{out_, POLLOUT, 0};
      const int count = ::poll(&ready, 1, kLastWordsMs);
      {
        base::Lock lock(shared_->mutex);
        if (count == 0 && shared_->finishing) last_words = true;
      }
      if (count == 0 && !last_words) continue;
      // At most what is taken at once: a longer write would block.
      const auto sent =
          count == 0 ? -1 : ::write(out_, rest.data(), std::min(rest.size(), shared_->room()));
      if (sent < 0 && count > 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (sent < 0) {
        std::deque<rpc::Reply> lost;
        {
          base::Lock lock(shared_->mutex);
          shared_->closed = true;
          lost.swap(shared_->lines);
          shared_->changed.notify_all();
        }
        lost_output_ = true;
        lost.push_back(std::move(line));
        lost.clear();
        closed_.cancel();
        end();
        return;
      }
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    line.taken.arrived();
  }
}

void Stdio::finish() {
  {
    base::Lock lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto woken = ::write(wake_.get(), &one, sizeof one);
  {
    base::Lock lock(shared_->mutex);
    shared_->finishing = true;
    shared_->changed.notify_all();
  }
  reader_.join();
  writer_.join();
}

}  // namespace gateway
