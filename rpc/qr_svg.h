// A text as a QR code in SVG, black on white with the quiet zone that scanners need.
#pragma once

#include <string>

#include "base/result.h"

namespace rpc {

// Errc::invalid_argument when the text is empty or too long for a code (2,900 bytes always fit).
// For an invite link, the line below the code names the inviter.
base::Result<std::string> qr_svg(const std::string& text);

}  // namespace rpc
