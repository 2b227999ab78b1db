// TransferCode: identifies a transfer to another gateway; the text of a QR code.
//
//   PRIVITTYBACKUP1:<secret, 32 bytes in base64url>&<host:port>,<host:port>…
//
// Hosts are numbers, one to sixteen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace messaging {

struct TransferCode {
  std::array<std::uint8_t, 32> secret{};
  std::vector<std::string> addresses;
};

// Whether a text is a code, of any version.
bool is_transfer_code(std::string_view text);
std::string write_transfer_code(const TransferCode& code);
// Errc::forbidden for a newer version, Errc::invalid_argument for any other text.
base::Result<TransferCode> parse_transfer_code(std::string_view text);

}  // namespace messaging
