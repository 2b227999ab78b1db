#include <filesystem>
#include <utility>

#include "store/blob_name.h"
#include "store/blobs.h"

namespace store {

// A chunk is sealed when the next byte is known to come, because the last chunk must be marked as
// the last.
struct BlobWriter::State {
  State(File f, std::string n, std::string d)
      : file(std::move(f)), name(std::move(n)), dir(std::move(d)) {
    pending.reserve(crypto::kChunk);
  }
  ~State() {
    if (finished) return;
    std::error_code ignored;
    std::filesystem::remove(file.path(), ignored);
  }

  base::Result<> put(base::ByteView sealed) {
    EDGE_CHECK(file.write_at(written, sealed));
    written += sealed.size();
    hash.update(sealed);
    return {};
  }
  base::Result<> seal_pending(bool last) {
    EDGE_CHECK(put(sealer.seal(index++, last, pending)));
    pending.clear();
    return {};
  }
  BlobInfo info() {
    return {.name = name, .key = key.clone(), .size = size, .hash = hash.finish()};
  }

  File file;
  std::string name;
  std::string dir;
  crypto::StreamKey key = crypto::StreamKey::generate();
  crypto::ChunkSealer sealer{key, crypto::StreamHeader::generate()};
  crypto::Blake2b256 hash;
  crypto::WipingBytes pending;
  std::uint64_t index = 0;
  std::uint64_t written = 0;  // sealed bytes
  std::uint64_t size = 0;     // plaintext
  bool finished = false;
};

BlobWriter::BlobWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter& BlobWriter::operator=(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

std::uint64_t BlobWriter::size() const { return state_->size; }

base::Result<BlobWriter> Blobs::create(const Uuid& account) const {
  std::string name = new_blob_name();
  EDGE_TRY(File file, make_file(account, name));
  auto state =
      std::make_unique<BlobWriter::State>(std::move(file), std::move(name), account_dir(account));
  EDGE_CHECK(state->put(state->sealer.header().bytes));
  return BlobWriter(std::move(state));
}

base::Result<> BlobWriter::append(base::ByteView plain) {
  State& s = *state_;
  if (plain.size() > crypto::kMaxStreamPlain - s.size) {
    return base::fail(base::Errc::too_large, "the file is larger than a sealed file can be");
  }
  while (!plain.empty()) {
    if (s.pending.size() == crypto::kChunk) EDGE_CHECK(s.seal_pending(false));
    const std::size_t part = std::min(plain.size(), crypto::kChunk - s.pending.size());
    s.pending.insert(s.pending.end(), plain.begin(),
                     plain.begin() + static_cast<std::ptrdiff_t>(part));
    s.size += part;
    plain = plain.subspan(part);
  }
  return {};
}

base::Result<BlobInfo> BlobWriter::finish() {
  State& s = *state_;
  EDGE_CHECK(s.seal_pending(true));
  EDGE_CHECK(s.file.sync());
  EDGE_CHECK(sync_dir(s.dir));
  s.finished = true;
  return s.info();
}

base::Result<UnsyncedBlob> BlobWriter::finish_unsynced() {
  State& s = *state_;
  EDGE_CHECK(s.seal_pending(true));
  s.finished = true;
  return UnsyncedBlob{s.info(), std::move(s.file)};
}

}  // namespace store
