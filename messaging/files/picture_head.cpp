#include "messaging/files/picture_head.h"

#include <algorithm>
#include <array>
#include <limits>

namespace messaging::files {
namespace {

constexpr int kMostSegments = 100;  // of a JPEG before its size; profiles and previews take some

class HeadReader {
 public:
  explicit HeadReader(const ReadBytes& read) : read_(read) {}

  std::optional<PictureHead> head() {
    std::array<std::uint8_t, 12> start{};
    if (!read_(0, start)) return std::nullopt;
    const auto begins = [&](std::string_view mark, std::size_t at = 0) {
      return std::equal(mark.begin(), mark.end(), start.begin() + static_cast<std::ptrdiff_t>(at),
                        [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
    };
    if (begins("\x89PNG\r\n\x1a\n")) return png();
    if (begins("GIF87a") || begins("GIF89a")) return gif();
    if (begins("\xff\xd8\xff")) return jpeg();
    if (begins("RIFF") && begins("WEBP", 8)) return webp();
    return std::nullopt;
  }

 private:
  // Reads a number of some bytes; sets failed_ beyond the end.
  std::uint32_t big(std::uint64_t at, std::size_t bytes) { return number(at, bytes, true); }
  std::uint32_t little(std::uint64_t at, std::size_t bytes) { return number(at, bytes, false); }
  std::uint32_t number(std::uint64_t at, std::size_t bytes, bool big_end_first) {
    std::array<std::uint8_t, 4> found{};
    if (failed_ || !read_(at, std::span(found).first(bytes))) {
      failed_ = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | found[big_end_first ? i : bytes - 1 - i];
    }
    return value;
  }

  std::optional<PictureHead> sized(std::string_view type, std::string_view ending,
                                   std::uint32_t width, std::uint32_t height) const {
    constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
    const auto fits = [](std::uint32_t side) { return side > 0 && side <= kMost; };
    if (failed_ || !fits(width) || !fits(height)) return std::nullopt;
    return PictureHead{type, ending, width, height};
  }

  // The first chunk is IHDR: length, name, width, height.
  std::optional<PictureHead> png() {
    constexpr std::uint32_t kIhdr = 0x49484452;
    if (big(12, 4) != kIhdr) return std::nullopt;
    return sized("image/png", ".png", big(16, 4), big(20, 4));
  }

  std::optional<PictureHead> gif() {
    return sized("image/gif", ".gif", little(6, 2), little(8, 2));
  }

  // Walks the segments, each a marker and a length, up to the frame, which has the size.
  std::optional<PictureHead> jpeg() {
    std::uint64_t at = 2;
    for (int i = 0; i < kMostSegments && !failed_; ++i) {
      if (big(at, 1) != 0xff) return std::nullopt;
      const std::uint32_t marker = big(at + 1, 1);
      if (marker == 0xff) {  // a fill byte
        ++at;
        continue;
      }
      constexpr std::uint32_t kFirstFrame = 0xc0, kLastFrame = 0xcf;
      constexpr std::uint32_t kHuffman = 0xc4, kReserved = 0xc8, kArithmetic = 0xcc;
      const bool frame = marker >= kFirstFrame && marker <= kLastFrame && marker != kHuffman &&
                         marker != kReserved && marker != kArithmetic;
      if (frame) return sized("image/jpeg", ".jpg", big(at + 7, 2), big(at + 5, 2));
      constexpr std::uint32_t kEnd = 0xd9, kScan = 0xda;
      if (marker == kEnd || marker == kScan) return std::nullopt;
      const std::uint32_t length = big(at + 2, 2);
      if (length < 2) return std::nullopt;
      at += 2 + length;
    }
    return std::nullopt;
  }

  // The first chunk says which of three forms it is.
  std::optional<PictureHead> webp() {
    constexpr std::uint32_t kLossy = 0x56503820, kLossless = 0x5650384c, kExtended = 0x56503858;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    switch (big(12, 4)) {
      case kLossy:
        if (big(23, 3) != 0x9d012a) return std::nullopt;
        width = little(26, 2) & 0x3fff;
        height = little(28, 2) & 0x3fff;
        break;
      case kLossless: {
        if (big(20, 1) != 0x2f) return std::nullopt;
        const std::uint32_t bits = little(21, 4);
        width = (bits & 0x3fff) + 1;
        height = (bits >> 14 & 0x3fff) + 1;
        break;
      }
      case kExtended:
        width = little(24, 3) + 1;
        height = little(27, 3) + 1;
        break;
      default:
        return std::nullopt;
    }
    return sized("image/webp", ".webp", width, height);
  }

  const ReadBytes& read_;
  bool failed_ = false;
};

}  // namespace

std::optional<PictureHead> read_picture_head(const ReadBytes& read) {
  return HeadReader(read).head();
}

std::optional<PictureHead> read_picture_head(base::ByteView file) {
  return read_picture_head([&](std::uint64_t offset, std::span<std::uint8_t> out) {
    if (offset > file.size() || file.size() - offset < out.size()) return false;
    const auto part = file.subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(part.begin(), part.end(), out.begin());
    return true;
  });
}

}  // namespace messaging::files
