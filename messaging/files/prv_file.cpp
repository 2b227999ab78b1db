#include "messaging/files/prv_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>

#include "base/disk_error.h"

namespace messaging::files {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kBatch = 4;  // chunks read, sealed and written at once: they stay in a cache

base::Error write_error(int error) { return base::fail_write("write the file", error); }

base::Result<> write_all_at(int fd, std::uint64_t offset, base::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return write_error(errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
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

// One file that several threads seal. Chunks do not depend on each other, so each thread takes the
// next few, and threads exchange no data.
struct Sealing {
  const int in;
  const int out;
  const crypto::Prv& prv;
  const std::stop_token& stop;
  const std::uint64_t chunks = crypto::chunk_count(prv.header().size);
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};  // bytes of plaintext
  std::atomic<bool> failed{false};
};

// The buffers of one thread; made before it begins, so that it cannot run out of memory.
class Sealer {
 public:
  explicit Sealer(Sealing& sealing) : sealing_(sealing) {}

  // Until no chunk is left, or another thread failed.
  base::Result<> run(const PrvProgress& progress) {
    auto result = run_on(progress);
    if (!result) sealing_.failed = true;
    return result;
  }

 private:
  base::Result<> run_on(const PrvProgress& progress) {
    while (!sealing_.failed) {
      if (sealing_.stop.stop_requested()) {
        return fail(Errc::unavailable, "the gateway is shutting down");
      }
      const std::uint64_t first = sealing_.next.fetch_add(kBatch);
      if (first >= sealing_.chunks) break;
      EDGE_CHECK(seal(first));
      if (progress) progress(sealing_.done, sealing_.prv.header().size);
    }
    return {};
  }

  base::Result<> seal(std::uint64_t first) {
    const std::uint64_t size = sealing_.prv.header().size;
    const std::uint64_t at = first * crypto::kChunk;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(plain_.size(), size - at));
    EDGE_TRY(const std::size_t got, read_at_fd(sealing_.in, at, std::span(plain_).first(want)));
    if (got != want) return fail(Errc::io, "the file shrank while it was being protected");
    base::ByteView plain = base::ByteView(plain_).first(want);
    std::size_t used = 0;
    for (std::uint64_t chunk = first; chunk < std::min(first + kBatch, sealing_.chunks); ++chunk) {
      const base::ByteView part = plain.first(std::min(plain.size(), crypto::kChunk));
      plain = plain.subspan(part.size());
      used += sealing_.prv.chunks().seal_into(std::span(sealed_).subspan(used), chunk,
                                              chunk + 1 == sealing_.chunks, part);
    }
    EDGE_CHECK(write_all_at(sealing_.out, crypto::prv_chunk_offset(first),
                            base::ByteView(sealed_).first(used)));
    sealing_.done += want;
    return {};
  }

  Sealing& sealing_;
  crypto::WipingBytes plain_ = crypto::WipingBytes(kBatch * crypto::kChunk);
  base::Bytes sealed_ = base::Bytes(kBatch * crypto::kSealedChunk);
};

// Allocates all room at once, where the file system can do that, so that a full disk is noticed
// before the work.
base::Result<> reserve(int fd, std::uint64_t size) {
  if (::fallocate(fd, 0, 0, static_cast<off_t>(size)) == 0) return {};
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return write_error(errno);
  return {};
}

class PlainFile final : public AttachmentReader {
 public:
  PlainFile(kernel::OpenFile file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return read_at_fd(file_.fd(), offset, out);
  }

 private:
  kernel::OpenFile file_;
  std::uint64_t size_;
};

}  // namespace

base::Result<> write_prv(int in, int out, const crypto::Prv& prv, const PrvProgress& progress,
                         const std::stop_token& stop) {
  const std::uint64_t size = prv.header().size;
  EDGE_CHECK(reserve(out, crypto::prv_size(size)));
  EDGE_CHECK(write_all_at(out, 0, prv.head()));
  Sealing sealing{in, out, prv, stop};
  Sealer mine(sealing);
  base::Result<> helped;
  base::Result<> done;
  {
    std::optional<Sealer> other;
    std::jthread helper;
    if (sealing.chunks > kBatch) {
      other.emplace(sealing);
      try {
        helper = std::jthread([&] { helped = other->run({}); });
      } catch (const std::system_error&) {
        // The machine has no further thread: this one does all the work.
      }
    }
    done = mine.run(progress);
  }
  EDGE_CHECK(done);
  EDGE_CHECK(helped);
  std::array<std::uint8_t, 1> more{};
  EDGE_TRY(const std::size_t grown, read_at_fd(in, size, more));
  if (grown > 0) return fail(Errc::io, "the file grew while it was being protected");
  return {};
}

base::Result<> stream_prv(AttachmentReader& in, const PrvSink& out, const crypto::Prv& prv,
                          const std::stop_token& stop) {
  EDGE_CHECK(out(prv.head()));
  const std::uint64_t size = prv.header().size;
  const std::uint64_t chunks = crypto::chunk_count(size);
  crypto::WipingBytes plain(crypto::kChunk);
  base::Bytes sealed(crypto::kSealedChunk);
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    if (stop.stop_requested()) return fail(Errc::unavailable, "the gateway is shutting down");
    const std::uint64_t at = chunk * crypto::kChunk;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(crypto::kChunk, size - at));
    std::size_t got = 0;
    while (got < want) {
      EDGE_TRY(const std::size_t more,
               in.read_at(at + got, std::span(plain).first(want).subspan(got)));
      if (more == 0) return fail(Errc::io, "what was to be protected ended too early");
      got += more;
    }
    const std::size_t used = prv.chunks().seal_into(sealed, chunk, chunk + 1 == chunks,
                                                    base::ByteView(plain).first(want));
    EDGE_CHECK(out(base::ByteView(sealed).first(used)));
  }
  return {};
}

base::Result<std::unique_ptr<AttachmentReader>> read_plain_file(kernel::OpenFile file) {
  struct stat info {};
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

}  // namespace messaging::files
