#include "messaging/chats/pictures.h"

#include <fmt/format.h>

namespace messaging::chats {

base::Result<> check_picture(const store::BlobRow& blob, std::string_view what) {
  if (blob.size > kMaxPicture || blob.size == 0) {
    return base::fail(base::Errc::too_large,
                      fmt::format("{}: the picture has {} bytes; expected 1 to {}", what, blob.size,
                                  kMaxPicture));
  }
  if (!blob.media_type.starts_with("image/")) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{}: {} is no picture by its name; expected one that ends in "
                                  ".png, .jpg, .gif or .webp",
                                  what, blob.file_name));
  }
  return {};
}

base::Result<> replace_picture(const kernel::WriteContext& write,
                               std::optional<std::int64_t>& place, std::optional<std::int64_t> blob,
                               files::RemovedFiles& files) {
  if (blob) EDGE_CHECK(store::add_blob_use(write.scope, *blob));
  if (place) {
    EDGE_TRY(auto gone, store::drop_blob_use(write.scope, *place));
    if (gone) files.add(*std::move(gone));
  }
  place = blob;
  return {};
}

}  // namespace messaging::chats
