// What files say of their pictures: kind and size, and nothing of what is cut off or out of bounds.
#include "messaging/files/picture_head.h"

#include <string>

#include "tests/support/catch.h"

using messaging::files::read_picture_head;

namespace {

base::Bytes bytes(std::string_view text) { return base::Bytes(text.begin(), text.end()); }

std::string big(std::uint32_t value, int size) {
  std::string out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  return out;
}
std::string little(std::uint32_t value, int size) {
  const std::string turned = big(value, size);
  return {turned.rbegin(), turned.rend()};
}

std::string png(std::uint32_t width, std::uint32_t height) {
  return std::string("\x89PNG\r\n\x1a\n", 8) + big(13, 4) + "IHDR" + big(width, 4) +
         big(height, 4) + std::string(9, '\0');
}
std::string gif(std::uint32_t width, std::uint32_t height) {
  return "GIF89a" + little(width, 2) + little(height, 2) + std::string(3, '\0');
}
// With `before` bytes of a profile in front of the frame.
std::string jpeg(std::uint32_t width, std::uint32_t height, std::uint32_t before = 14) {
  return "\xff\xd8\xff\xe0" + big(before + 2, 2) + std::string(before, 'p') + "\xff\xff\xc2" +
         big(17, 2) + "\x08" + big(height, 2) + big(width, 2) + std::string(10, '\0');
}
std::string webp(const std::string& chunk) {
  return "RIFF" + little(static_cast<std::uint32_t>(chunk.size()) + 4, 4) + "WEBP" + chunk;
}

struct Sample {
  std::string file;
  std::string_view type;
};

}  // namespace

TEST_CASE("the size of a picture is read from its file's headers") {
  const std::string lossy = "VP8 " + little(20, 4) + std::string(3, 'f') + "\x9d\x01\x2a" +
                            little(640, 2) + little(480 | 0x4000, 2);
  const std::string lossless = "VP8L" + little(20, 4) + "\x2f" + little(639 | 479 << 14, 4);
  const std::string extended =
      "VP8X" + little(10, 4) + std::string(4, '\0') + little(639, 3) + little(479, 3);
  for (const Sample& sample :
       {Sample{png(640, 480), "image/png"}, Sample{gif(640, 480), "image/gif"},
        Sample{jpeg(640, 480), "image/jpeg"}, Sample{jpeg(640, 480, 60'000), "image/jpeg"},
        Sample{webp(lossy), "image/webp"}, Sample{webp(lossless), "image/webp"},
        Sample{webp(extended), "image/webp"}}) {
    INFO(sample.type);
    const auto head = read_picture_head(bytes(sample.file));
    REQUIRE(head);
    CHECK(head->media_type == sample.type);
    CHECK(head->width == 640);
    CHECK(head->height == 480);
    // Cut off anywhere, it is the same picture or none.
    for (std::size_t length = 0; length < sample.file.size(); length += length < 64 ? 1 : 997) {
      const auto cut = read_picture_head(bytes(sample.file.substr(0, length)));
      if (cut) CHECK((cut->width == 640 && cut->height == 480));
    }
  }
}

TEST_CASE("what is no picture has no size") {
  std::string segments = "\xff\xd8";
  for (int i = 0; i < 1000; ++i) segments += std::string("\xff\xe1\x00\x02", 4);
  for (const std::string& file :
       {std::string(), std::string("text"), std::string(1000, 'p'), png(0, 480), png(640, 1u << 31),
        gif(0, 0), std::string("\xff\xd8\xff\xda\x00\x02", 6),
        std::string("\xff\xd8\xff\xe0\x00\x01", 6), segments + jpeg(640, 480).substr(2),
        webp("VP8Z" + std::string(40, 'x')), webp("VP8 " + std::string(40, 'x'))}) {
    CHECK_FALSE(read_picture_head(bytes(file)));
  }
}
