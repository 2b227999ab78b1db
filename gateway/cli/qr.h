// A text as a QR code of half-block characters, two modules a line, with the quiet zone around it.
#pragma once

#include <optional>
#include <string>

namespace gateway::cli {

// Nothing when the text is too long for a QR code.
std::optional<std::string> draw_qr(const std::string& text);

}  // namespace gateway::cli
