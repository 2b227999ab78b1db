#include "rpc/qr_svg.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace rpc {

base::Result<std::string> qr_svg(const std::string& text) {
  constexpr std::size_t kMaxText = 2900;
  constexpr int kQuiet = 4;  // modules around the code, as the standard asks
  if (text.empty() || text.size() > kMaxText) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("text: expected 1 to {} bytes, got {}", kMaxText, text.size()));
  }
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L),
      &QRcode_free);
  if (code == nullptr) {
    return base::fail(base::Errc::invalid_argument, "text: does not fit into a QR code");
  }
  const int side = code->width + 2 * kQuiet;
  std::string path;
  for (int y = 0; y < code->width; ++y) {
    for (int x = 0; x < code->width;) {
      const auto dark = [&](int column) { return (code->data[y * code->width + column] & 1) != 0; };
      int run = 0;
      while (x + run < code->width && dark(x + run)) ++run;
      if (run > 0) path += fmt::format("M{} {}h{}v1h-{}z", x + kQuiet, y + kQuiet, run, run);
      x += run > 0 ? run : 1;
    }
  }
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
      R"(<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d="{1}"/></svg>)",
      side, path);
}

}  // namespace rpc
