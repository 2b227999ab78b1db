#include "messaging/files/xdc_file.h"

#include <fmt/format.h>

namespace messaging::files {
namespace {

using base::Errc;
using base::fail;

constexpr std::int64_t kApiVersion = 1;

// The icon of apps without one: a PNG of 1 x 1 pixel.
constexpr std::uint8_t kDefaultIcon[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0xb0, 0xae, 0xbd, 0x0b, 0x00, 0x02, 0x8c, 0x01, 0x96, 0x1f, 0xb0, 0x0b,
    0x3a, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

}  // namespace

base::Result<XdcFile> XdcFile::open(std::unique_ptr<AttachmentReader> archive) {
  auto zip = ZipFile::open(std::move(archive));
  if (!zip) {
    return fail(Errc::invalid_argument,
                fmt::format("the file is not a valid webxdc file: {}", zip.error().message));
  }
  if (!zip->has("index.html")) {
    return fail(Errc::invalid_argument,
                "the file is not a valid webxdc file: it has no index.html");
  }
  return XdcFile(*std::move(zip));
}

XdcManifest XdcFile::manifest() {
  const auto bytes = zip_.read("manifest.toml", kMaxXdcManifest);
  if (!bytes) return {};
  return read_xdc_manifest({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

std::string XdcFile::icon() const {
  for (const char* name : {"icon.png", "icon.jpg"}) {
    if (zip_.has(name)) return name;
  }
  return std::string(kDefaultXdcIcon);
}

base::Result<base::Bytes> XdcFile::read(std::string_view name) {
  if (name == kDefaultXdcIcon && !zip_.has(name)) {
    return base::Bytes(std::begin(kDefaultIcon), std::end(kDefaultIcon));
  }
  if (name.starts_with('/')) name.remove_prefix(1);
  if (name == "index.html" && manifest().min_api > kApiVersion) {
    constexpr std::string_view kNewer =
        "<!DOCTYPE html>This app needs a newer version of the webxdc API.";
    return base::to_bytes(base::as_bytes(kNewer));
  }
  return zip_.read(name, kMaxXdcFile);
}

}  // namespace messaging::files
