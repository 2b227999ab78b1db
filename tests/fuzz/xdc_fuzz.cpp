// room: messaging
// The bytes of a webxdc app's archive, which anybody may send. Nothing that it says makes more be
// read or kept than the bounds allow.
#include <cstdlib>
#include <cstring>

#include "messaging/files/xdc_file.h"

namespace {

class Bytes final : public messaging::AttachmentReader {
 public:
  explicit Bytes(base::ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const base::ByteView rest = bytes_.subspan(static_cast<std::size_t>(offset));
    const std::size_t size = std::min(rest.size(), out.size());
    std::memcpy(out.data(), rest.data(), size);
    return size;
  }

 private:
  base::ByteView bytes_;
};

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace messaging::files;  // NOLINT: a fuzz target
  const base::ByteView bytes(data, size);
  const XdcManifest read = read_xdc_manifest({reinterpret_cast<const char*>(data), size});
  expect(read.name.size() <= 1024 && read.source_code_url.size() <= 2048);
  constexpr std::size_t kLimit = 64 * 1024;
  if (auto zip = ZipFile::open(std::make_unique<Bytes>(bytes))) {
    for (const char* name : {"index.html", "manifest.toml", "a"}) {
      const auto file = zip->read(name, kLimit);
      if (file) expect(zip->has(name) && file->size() <= kLimit);
    }
  }
  auto app = XdcFile::open(std::make_unique<Bytes>(bytes));
  if (!app) return 0;
  expect(!app->icon().empty());
  (void)app->manifest();
  const auto index = app->read("/index.html");
  if (index) expect(index->size() <= kMaxXdcFile);
  return 0;
}
