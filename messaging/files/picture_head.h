// PictureHead: the kind and the size in pixels of a picture, from the headers of its file: PNG,
// GIF, JPEG and WebP. Nothing is decoded; at most a hundred headers are read, and a file that is
// out of bounds, cut off or none of these is no picture.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace messaging::files {

struct PictureHead {
  std::string_view media_type;
  std::string_view ending;   // of a file's name, with its dot
  std::uint32_t width = 0;   // pixels, 1 to 2^31 - 1, as stored: an orientation is not looked at
  std::uint32_t height = 0;  //
};

// Fills all of `out` with the file's bytes from `offset` on. False: the file ends before.
using ReadBytes = std::function<bool(std::uint64_t offset, std::span<std::uint8_t> out)>;

std::optional<PictureHead> read_picture_head(const ReadBytes& read);
std::optional<PictureHead> read_picture_head(base::ByteView file);

}  // namespace messaging::files
