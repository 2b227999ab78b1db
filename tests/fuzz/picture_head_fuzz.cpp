// room: messaging
// The input is a file that may be a picture.
#include "messaging/files/picture_head.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView file(data, size);
  std::size_t reads = 0;
  const auto head =
      messaging::files::read_picture_head([&](std::uint64_t offset, std::span<std::uint8_t> out) {
        ++reads;
        if (offset > file.size() || file.size() - offset < out.size()) return false;
        const auto part = file.subspan(static_cast<std::size_t>(offset), out.size());
        std::copy(part.begin(), part.end(), out.begin());
        return true;
      });
  expect(reads < 400, "few headers are looked at");
  if (!head) return 0;
  expect(head->width > 0 && head->width < 1u << 31, "a picture has a width");
  expect(head->height > 0 && head->height < 1u << 31, "a picture has a height");
  expect(head->media_type.starts_with("image/"), "a picture has a type");
  return 0;
}
