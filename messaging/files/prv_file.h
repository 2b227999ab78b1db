// Protected files on disk: writing a container, and reading one as the plaintext it protects. Both
// run in constant memory at any size; neither knows who may open what (protected_access.h does).
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "crypto/prv.h"
#include "messaging/kernel/paths.h"
#include "messaging/model/attachment.h"

namespace messaging::files {

// Called from time to time with the bytes done and the total; may be empty.
using PrvProgress = std::function<void(std::uint64_t done, std::uint64_t size)>;

// Seals what `in` holds, which must be prv.header().size bytes, into the empty file `out`, on this
// thread and one more. `progress` is called on this one. Blocks on the disk; gives up when `stop`
// asks.
base::Result<> write_prv(int in, int out, const crypto::Prv& prv, const PrvProgress& progress,
                         const std::stop_token& stop);

// Seals the bytes of a reader, read once and in order, into a sink that takes the container's bytes
// as they are produced: no plaintext reaches the disk.
using PrvSink = std::function<base::Result<>(base::ByteView bytes)>;
base::Result<> stream_prv(AttachmentReader& in, const PrvSink& out, const crypto::Prv& prv,
                          const std::stop_token& stop);

// An open file as an AttachmentReader of its raw bytes.
base::Result<std::unique_ptr<AttachmentReader>> read_plain_file(kernel::OpenFile file);

// The beginning of a container: the head, or less when the file is shorter.
base::Result<base::Bytes> read_prv_head(AttachmentReader& container);

// The plaintext of a container. Errc::sealed for a wrong share and every damage.
class PrvReader final : public AttachmentReader {
 public:
  static base::Result<std::unique_ptr<PrvReader>> open(std::unique_ptr<AttachmentReader> container,
                                                       const crypto::PrvShare& grant_share);
  const crypto::PrvHeader& header() const { return prv_.header(); }
  std::uint64_t size() const override { return prv_.header().size; }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override;

 private:
  PrvReader(std::unique_ptr<AttachmentReader> container, crypto::Prv prv)
      : container_(std::move(container)), prv_(std::move(prv)) {}
  base::Result<std::size_t> open_chunk(std::uint64_t index, std::span<std::uint8_t> out);

  std::unique_ptr<AttachmentReader> container_;
  crypto::Prv prv_;
  base::Bytes sealed_;
  crypto::WipingBytes chunk_;  // kept for reads that do not fall on chunks
  std::uint64_t index_ = 0;
  std::size_t held_ = 0;  // bytes of it; 0 none
};

}  // namespace messaging::files
