#include "gateway/cli/qr.h"

#include <qrencode.h>

#include <memory>

namespace gateway::cli {
namespace {

constexpr int kQuiet = 4;  // modules that the standard wants free on each side

}  // namespace

std::optional<std::string> draw_qr(const std::string& text) {
  struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
  };
  const std::unique_ptr<QRcode, Free> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L));
  if (!code) return std::nullopt;
  const int width = code->width;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < width && (code->data[y * width + x] & 1) != 0;
  };
  std::string out;
  // Light is drawn and dark left out, on black with white: most terminals are dark, and readers
  // want dark modules on a light ground.
  for (int y = -kQuiet; y < width + kQuiet; y += 2) {
    out += "\x1b[40;97m";
    for (int x = -kQuiet; x < width + kQuiet; ++x) {
      const bool upper = !dark(x, y);
      const bool lower = !dark(x, y + 1);
      out += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
    }
    out += "\x1b[0m\n";
  }
  out.pop_back();
  return out;
}

}  // namespace gateway::cli
