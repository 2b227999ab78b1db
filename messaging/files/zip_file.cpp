#include "messaging/files/zip_file.h"

#include <fmt/format.h>
#include <unzip.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace messaging::files {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kCached = 64 * 1024;
constexpr std::size_t kPieceOfFile = 64 * 1024;
constexpr std::uint64_t kEncryptedFlag = 1;

base::Error damaged(std::string_view name) {
  return fail(Errc::corrupt, fmt::format("the file {} in the archive is damaged", name));
}

base::Error too_large(std::string_view name, std::size_t limit) {
  return fail(Errc::too_large,
              fmt::format("the file {} in the archive unpacks to more than {} bytes", name, limit));
}

}  // namespace

// The input of minizip. It asks for single bytes, so a piece of the archive is buffered.
class ZipSource {
 public:
  explicit ZipSource(std::unique_ptr<AttachmentReader> archive) : archive_(std::move(archive)) {}

  zlib_filefunc64_def functions() {
    zlib_filefunc64_def calls{};
    calls.opaque = this;
    calls.zopen64_file = [](voidpf self, const void*, int) -> voidpf { return self; };
    calls.zread_file = [](voidpf self, voidpf, void* out, uLong size) -> uLong {
      return static_cast<ZipSource*>(self)->read(static_cast<std::uint8_t*>(out), size);
    };
    calls.zwrite_file = [](voidpf, voidpf, const void*, uLong) -> uLong { return 0; };
    calls.ztell64_file = [](voidpf self, voidpf) -> ZPOS64_T {
      return static_cast<ZipSource*>(self)->at_;
    };
    calls.zseek64_file = [](voidpf self, voidpf, ZPOS64_T offset, int origin) -> long {
      return static_cast<ZipSource*>(self)->seek(offset, origin);
    };
    calls.zclose_file = [](voidpf, voidpf) -> int { return 0; };
    calls.zerror_file = [](voidpf self, voidpf) -> int {
      return static_cast<ZipSource*>(self)->failed_ ? 1 : 0;
    };
    return calls;
  }

 private:
  uLong read(std::uint8_t* out, uLong size) {
    uLong done = 0;
    while (done < size) {
      if (at_ < begin_ || at_ >= begin_ + held_) {
        if (!fetch()) break;
      }
      const auto from = static_cast<std::size_t>(at_ - begin_);
      const std::size_t some = std::min<std::size_t>(size - done, held_ - from);
      std::copy_n(cache_.begin() + static_cast<std::ptrdiff_t>(from), some, out + done);
      done += some;
      at_ += some;
    }
    return done;
  }

  // False at the end, and when the archive does not open.
  bool fetch() {
    begin_ = at_ / kCached * kCached;
    held_ = 0;
    if (at_ >= archive_->size()) return false;
    auto got = archive_->read_at(begin_, cache_);
    if (!got) {
      failed_ = true;
      return false;
    }
    held_ = *got;
    return at_ < begin_ + held_;
  }

  long seek(ZPOS64_T offset, int origin) {
    ZPOS64_T from = 0;
    if (origin == ZLIB_FILEFUNC_SEEK_CUR) from = at_;
    if (origin == ZLIB_FILEFUNC_SEEK_END) from = archive_->size();
    const ZPOS64_T to = from + offset;
    if (to < from || to > archive_->size()) return -1;
    at_ = to;
    return 0;
  }

  std::unique_ptr<AttachmentReader> archive_;
  std::array<std::uint8_t, kCached> cache_{};
  std::uint64_t begin_ = 0;  // of what is kept
  std::size_t held_ = 0;
  std::uint64_t at_ = 0;
  bool failed_ = false;
};

struct ZipFile::State {
  struct Place {
    unz64_file_pos at{};
    std::uint64_t size = 0;  // as the archive says
    bool encrypted = false;
  };
  explicit State(std::unique_ptr<AttachmentReader> archive) : source(std::move(archive)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (zip != nullptr) unzClose(zip);
  }
  base::Result<> list();

  ZipSource source;
  unzFile zip = nullptr;
  std::map<std::string, Place, std::less<>> files;
};

base::Result<> ZipFile::State::list() {
  auto calls = source.functions();
  zip = unzOpen2_64("", &calls);
  unz_global_info64 all{};
  if (zip == nullptr || unzGetGlobalInfo64(zip, &all) != UNZ_OK) {
    return fail(Errc::corrupt, "it is no zip archive");
  }
  if (all.number_entry > kMostZipFiles) {
    return fail(Errc::too_large, fmt::format("the archive has {} files; at most {} are read",
                                             all.number_entry, kMostZipFiles));
  }
  std::string name(kMaxZipName + 1, '\0');
  int step = all.number_entry == 0 ? UNZ_END_OF_LIST_OF_FILE : unzGoToFirstFile(zip);
  for (std::size_t i = 0; step == UNZ_OK && i < kMostZipFiles; ++i) {
    unz_file_info64 info{};
    Place place;
    if (unzGetCurrentFileInfo64(zip, &info, name.data(), name.size(), nullptr, 0, nullptr, 0) !=
            UNZ_OK ||
        unzGetFilePos64(zip, &place.at) != UNZ_OK) {
      break;
    }
    place.size = info.uncompressed_size;
    place.encrypted = (info.flag & kEncryptedFlag) != 0;
    if (info.size_filename <= kMaxZipName) {
      files.try_emplace(name.substr(0, info.size_filename), place);
    }
    step = unzGoToNextFile(zip);
  }
  return {};
}

ZipFile::ZipFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZipFile::ZipFile(ZipFile&&) noexcept = default;
ZipFile& ZipFile::operator=(ZipFile&&) noexcept = default;
ZipFile::~ZipFile() = default;

base::Result<ZipFile> ZipFile::open(std::unique_ptr<AttachmentReader> archive) {
  auto state = std::make_unique<State>(std::move(archive));
  EDGE_CHECK(state->list());
  return ZipFile(std::move(state));
}

bool ZipFile::has(std::string_view name) const { return state_->files.contains(name); }

base::Result<base::Bytes> ZipFile::read(std::string_view name, std::size_t limit) {
  const auto found = state_->files.find(name);
  if (found == state_->files.end()) {
    return fail(Errc::not_found, fmt::format("the archive has no file {}", name));
  }
  const State::Place& place = found->second;
  if (place.encrypted) {
    return fail(Errc::invalid_argument, fmt::format("the file {} is encrypted", name));
  }
  if (place.size > limit) return too_large(name, limit);
  if (unzGoToFilePos64(state_->zip, &place.at) != UNZ_OK ||
      unzOpenCurrentFile(state_->zip) != UNZ_OK) {
    return damaged(name);
  }
  base::Bytes out;
  int got = 0;
  do {
    const std::size_t done = out.size();
    out.resize(done + kPieceOfFile);
    got = unzReadCurrentFile(state_->zip, out.data() + done, kPieceOfFile);
    out.resize(done + static_cast<std::size_t>(std::max(got, 0)));
  } while (got > 0 && out.size() <= limit);
  const int closed = unzCloseCurrentFile(state_->zip);
  if (out.size() > limit) return too_large(name, limit);
  if (got < 0 || closed != UNZ_OK) return damaged(name);
  return out;
}

}  // namespace messaging::files
