#include <algorithm>

#include "store/blob_name.h"
#include "store/blobs.h"

namespace store {

struct BlobReader::State {
  explicit State(File f) : file(std::move(f)) {}

  // Opens chunk `wanted` into `chunk`; no work if it is open already.
  base::Result<> load(std::uint64_t wanted) {
    if (have && index == wanted) return {};
    have = false;
    const std::uint64_t offset = crypto::chunk_offset(wanted);
    sealed.resize(static_cast<std::size_t>(
        std::min<std::uint64_t>(crypto::kSealedChunk, sealed_size - offset)));
    EDGE_TRY(const std::size_t got, file.read_at(offset, sealed));
    sealed.resize(got);  // shorter when the file was cut meanwhile: then it does not open
    EDGE_TRY(chunk, sealer->open(wanted, wanted + 1 == chunks, sealed));
    index = wanted;
    have = true;
    return {};
  }

  File file;
  std::uint64_t sealed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t chunks = 0;
  std::optional<crypto::ChunkSealer> sealer;  // nothing without a key
  base::Bytes sealed;
  crypto::WipingBytes chunk;
  std::uint64_t index = 0;
  bool have = false;
};

BlobReader::BlobReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobReader::BlobReader(BlobReader&&) noexcept = default;
BlobReader& BlobReader::operator=(BlobReader&&) noexcept = default;
BlobReader::~BlobReader() = default;

std::uint64_t BlobReader::size() const { return state_->size; }
std::uint64_t BlobReader::sealed_size() const { return state_->sealed_size; }

base::Result<BlobReader> Blobs::open_sealed(const Uuid& account, std::string_view name) const {
  if (!is_blob_name(name)) {
    return base::fail(base::Errc::not_found, "there is no such file in the store");
  }
  EDGE_TRY(File file, File::open(path(account, name), File::Mode::read));
  auto state = std::make_unique<BlobReader::State>(std::move(file));
  EDGE_TRY(state->sealed_size, state->file.size());
  EDGE_TRY(state->size, crypto::plain_size(state->sealed_size));
  state->chunks = crypto::chunk_count(state->size);
  return BlobReader(std::move(state));
}

base::Result<BlobReader> Blobs::open(const Uuid& account, std::string_view name,
                                     const crypto::StreamKey& key) const {
  EDGE_TRY(BlobReader out, open_sealed(account, name));
  BlobReader::State& s = *out.state_;
  std::array<std::uint8_t, crypto::kStreamHeader> header{};
  EDGE_TRY(const std::size_t got, s.file.read_at(0, header));
  EDGE_TRY(const auto parsed, crypto::StreamHeader::parse(base::ByteView(header).first(got)));
  s.sealer.emplace(key, parsed);
  EDGE_CHECK(s.load(s.chunks - 1));  // only the true last chunk opens as the last
  return out;
}

base::Result<std::size_t> BlobReader::read_at(std::uint64_t offset, std::span<std::uint8_t> out) {
  State& s = *state_;
  if (!s.sealer) return base::fail(base::Errc::internal, "a blob is read without its key");
  std::size_t done = 0;
  while (done < out.size() && offset + done < s.size) {
    const std::uint64_t at = offset + done;
    EDGE_CHECK(s.load(at / crypto::kChunk));
    const auto within = static_cast<std::size_t>(at % crypto::kChunk);
    const std::size_t part = std::min(out.size() - done, s.chunk.size() - within);
    std::copy_n(s.chunk.data() + within, part, out.data() + done);
    done += part;
  }
  return done;
}

base::Result<std::size_t> BlobReader::read_sealed(std::uint64_t offset,
                                                  std::span<std::uint8_t> out) {
  return state_->file.read_at(offset, out);
}

}  // namespace store
