#include "messaging/prv_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/mutex.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kBatch = 16;  // chunks sealed before they are written

base::Result<> write_all(int fd, base::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      const bool full = errno == ENOSPC || errno == EDQUOT;
      return base::fail_errno(full ? Errc::exhausted : Errc::io, "write", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

// Fills as much of `out` as the file has from `offset`.
base::Result<std::size_t> read_at_fd(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(Errc::io, "read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// A second thread that writes one buffer while the caller fills the other.
class BehindWriter {
 public:
  explicit BehindWriter(int fd) : fd_(fd), thread_([this] { run(); }) {}
  ~BehindWriter() { (void)finish(); }
  BehindWriter(const BehindWriter&) = delete;

  // The buffer to fill next; waits while it is being written.
  base::Result<std::span<std::uint8_t>> next() {
    base::Lock lock(mutex_);
    while (full_ == 2 && result_) news_.wait(mutex_);
    if (!result_) return result_.error();
    return std::span<std::uint8_t>(buffers_[filling_].data(), buffers_[filling_].size());
  }
  void filled(std::size_t size) {
    base::Lock lock(mutex_);
    sizes_[filling_] = size;
    filling_ = 1 - filling_;
    ++full_;
    news_.notify_all();
  }
  base::Result<> finish() {
    {
      base::Lock lock(mutex_);
      ended_ = true;
      news_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    base::Lock lock(mutex_);
    return result_;
  }

 private:
  void run() {
    std::size_t at = 0;
    for (;;) {
      base::ByteView bytes;
      {
        base::Lock lock(mutex_);
        while (full_ == 0 && !ended_) news_.wait(mutex_);
        if (full_ == 0) return;
        bytes = base::ByteView(buffers_[at]).first(sizes_[at]);
      }
      auto wrote = write_all(fd_, bytes);
      base::Lock lock(mutex_);
      if (!wrote) {
        result_ = std::move(wrote);
        full_ = 0;
        ended_ = true;
      } else {
        --full_;
      }
      at = 1 - at;
      news_.notify_all();
    }
  }

  const int fd_;
  std::array<base::Bytes, 2> buffers_{base::Bytes(kBatch * crypto::kSealedChunk),
                                      base::Bytes(kBatch * crypto::kSealedChunk)};
  base::Mutex mutex_;
  base::Condition news_;
  std::array<std::size_t, 2> sizes_{};
  std::size_t filling_ = 0;
  int full_ GUARDED_BY(mutex_) = 0;
  bool ended_ GUARDED_BY(mutex_) = false;
  base::Result<> result_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

class PlainFile final : public AttachmentReader {
 public:
  PlainFile(OpenFile file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return read_at_fd(file_.fd(), offset, out);
  }

 private:
  OpenFile file_;
  std::uint64_t size_;
};

}  // namespace

base::Result<> write_prv(int in, int out, const crypto::Prv& prv, const PrvProgress& progress,
                         const std::stop_token& stop) {
  const std::uint64_t size = prv.header().size;
  const std::uint64_t chunks = crypto::chunk_count(size);
  EDGE_CHECK(write_all(out, prv.head()));
  BehindWriter writer(out);
  crypto::WipingBytes plain(crypto::kChunk);
  for (std::uint64_t chunk = 0; chunk < chunks;) {
    if (stop.stop_requested()) return fail(Errc::unavailable, "the gateway is shutting down");
    EDGE_TRY(const auto buffer, writer.next());
    std::size_t used = 0;
    for (std::size_t i = 0; i < kBatch && chunk < chunks; ++i, ++chunk) {
      const std::uint64_t at = chunk * crypto::kChunk;
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(crypto::kChunk, size - at));
      EDGE_TRY(const std::size_t got, read_at_fd(in, at, std::span(plain).first(want)));
      if (got != want) return fail(Errc::io, "the file shrank while it was being protected");
      used += prv.chunks().seal_into(buffer.subspan(used), chunk, chunk + 1 == chunks,
                                     base::ByteView(plain).first(want));
    }
    writer.filled(used);
    if (progress) progress(std::min(size, chunk * crypto::kChunk), size);
  }
  EDGE_CHECK(writer.finish());
  std::array<std::uint8_t, 1> more{};
  EDGE_TRY(const std::size_t grown, read_at_fd(in, size, more));
  if (grown > 0) return fail(Errc::io, "the file grew while it was being protected");
  return {};
}

base::Result<std::unique_ptr<AttachmentReader>> read_plain_file(OpenFile file) {
  struct stat info{};
  if (fstat(file.fd(), &info) != 0) return base::fail_errno(Errc::io, "stat", errno);
  return std::unique_ptr<AttachmentReader>(
      std::make_unique<PlainFile>(std::move(file), static_cast<std::uint64_t>(info.st_size)));
}

base::Result<base::Bytes> read_prv_head(AttachmentReader& container) {
  base::Bytes head(crypto::kPrvHead);
  EDGE_TRY(const std::size_t got, container.read_at(0, head));
  head.resize(got);
  return head;
}

base::Result<std::unique_ptr<PrvReader>> PrvReader::open(
    std::unique_ptr<AttachmentReader> container, const crypto::PrvShare& grant_share) {
  EDGE_TRY(const base::Bytes head, read_prv_head(*container));
  EDGE_TRY(crypto::Prv prv, crypto::Prv::open(head, grant_share, container->size()));
  return std::unique_ptr<PrvReader>(new PrvReader(std::move(container), std::move(prv)));
}

base::Result<std::size_t> PrvReader::open_chunk(std::uint64_t index, std::span<std::uint8_t> out) {
  const std::uint64_t chunks = crypto::chunk_count(size());
  const bool last = index + 1 == chunks;
  const std::size_t plain =
      last ? static_cast<std::size_t>(size() - index * crypto::kChunk) : crypto::kChunk;
  sealed_.resize(plain + crypto::kChunkTag);
  EDGE_TRY(const std::size_t got, container_->read_at(crypto::prv_chunk_offset(index), sealed_));
  return prv_.chunks().open_into(out, index, last, base::ByteView(sealed_).first(got));
}

base::Result<std::size_t> PrvReader::read_at(std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && offset + done < size()) {
    const std::uint64_t at = offset + done;
    const std::uint64_t index = at / crypto::kChunk;
    const auto within = static_cast<std::size_t>(at % crypto::kChunk);
    if (within == 0 && out.size() - done >= crypto::kChunk) {
      EDGE_TRY(const std::size_t got, open_chunk(index, out.subspan(done)));
      done += got;
      continue;
    }
    if (held_ == 0 || index_ != index) {
      chunk_.resize(crypto::kChunk);
      held_ = 0;
      EDGE_TRY(held_, open_chunk(index, chunk_));
      index_ = index;
    }
    const std::size_t part = std::min(out.size() - done, held_ - within);
    std::copy_n(chunk_.begin() + static_cast<std::ptrdiff_t>(within), part,
                out.begin() + static_cast<std::ptrdiff_t>(done));
    done += part;
  }
  return done;
}

}  // namespace messaging
