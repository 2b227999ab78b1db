#include "rpc/qr_svg.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <algorithm>
#include <memory>

#include "crypto/invite.h"
#include "messaging/model/plain_name.h"

namespace rpc {
namespace {

constexpr std::size_t kLongestName = 48;  // bytes that fit into a line

// "" for a text that is no invite.
std::string caption_of(const std::string& text) {
  const auto invite = crypto::parse_invite(text);
  if (!invite) return "";
  std::string name = invite->group          ? invite->group->name
                     : invite->name.empty() ? invite->addr
                                            : invite->name;
  const bool cut = name.size() > kLongestName;
  name = messaging::plain_name(name, kLongestName);
  if (cut) name += "…";
  return fmt::format("{} {}", invite->group ? "Scan to join group" : "Scan to chat with", name);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

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
  const std::string caption = caption_of(text);
  const int height = side + (caption.empty() ? 0 : side / 10);
  std::string line;
  if (!caption.empty()) {
    // At most as wide as the code, whatever the letters' widths.
    line = fmt::format(
        R"(<text x="{}" y="{}" font-family="sans-serif" font-size="{}" text-anchor="middle")"
        R"( textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text>)",
        side / 2.0, side + side / 40.0, side / 20.0,
        std::min(side * 0.9, side / 40.0 * static_cast<double>(caption.size())), escaped(caption));
  }
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" shape-rendering="crispEdges">)"
      R"(<path fill="#fff" d="M0 0h{0}v{1}H0z"/><path d="{2}"/>{3}</svg>)",
      side, height, path, line);
}

}  // namespace rpc
