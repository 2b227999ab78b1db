#include "messaging/model/transfer_code.h"

#include <algorithm>

#include "crypto/encoding.h"

namespace messaging {
namespace {

constexpr std::string_view kTransferPrefix = "PRIVITTYBACKUP";
constexpr std::string_view kThisTransfer = "PRIVITTYBACKUP1:";
constexpr std::size_t kMaxTransferCode = 1024;
constexpr std::size_t kMostTransferAddresses = 16;

base::Error no_code() {
  return base::fail(base::Errc::invalid_argument,
                    "the text is no code of get_backup_qr: it begins with " +
                        std::string(kThisTransfer) + " and was cut or changed");
}

}  // namespace

bool is_transfer_code(std::string_view text) {
  if (!text.starts_with(kTransferPrefix)) return false;
  const std::string_view rest = text.substr(kTransferPrefix.size());
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  return digits > 0 && rest.substr(digits).starts_with(":");
}

std::string write_transfer_code(const TransferCode& code) {
  std::string out(kThisTransfer);
  out += crypto::base64url_encode(code.secret);
  char before = '&';
  for (const std::string& address : code.addresses) {
    out += before + address;
    before = ',';
  }
  return out;
}

base::Result<TransferCode> parse_transfer_code(std::string_view text) {
  if (text.starts_with("DCBACKUP")) {
    return base::fail(base::Errc::invalid_argument,
                      "the code is Delta Chat's, whose accounts are not taken here; get_backup_qr"
                      " of another privitty-edge shows one");
  }
  if (!is_transfer_code(text) || text.size() > kMaxTransferCode) return no_code();
  if (!text.starts_with(kThisTransfer)) {
    return base::fail(
        base::Errc::forbidden,
        "the code was made by a newer version of privitty-edge; use that one here too");
  }
  text.remove_prefix(kThisTransfer.size());
  const std::size_t end = text.find('&');
  TransferCode code;
  if (end == std::string_view::npos ||
      !crypto::base64url_decode_to(text.substr(0, end), code.secret)) {
    return no_code();
  }
  text.remove_prefix(end + 1);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    code.addresses.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (code.addresses.empty() || code.addresses.size() > kMostTransferAddresses) return no_code();
  return code;
}

}  // namespace messaging
