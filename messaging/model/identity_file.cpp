#include "messaging/model/identity_file.h"

#include <array>

#include "crypto/encoding.h"
#include "crypto/wiping.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kIdentityTitle = "privitty-edge identity ";
constexpr std::string_view kPlainSeed = "seed ";
constexpr std::string_view kSealedSeed = "sealed-seed ";
constexpr std::string_view kFingerprintLine = "fingerprint ";

base::Error no_identity_file() {
  return fail(Errc::invalid_argument,
              "the file is no identity of privitty-edge as export_self_keys writes it; PGP keys are"
              " not read");
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

base::Result<crypto::Secret<32>> open_seed(std::string_view line,
                                           const std::optional<std::string>& passphrase) {
  if (line.starts_with(kPlainSeed)) {
    crypto::Secret<32> seed;
    if (!crypto::base64url_decode_to(line.substr(kPlainSeed.size()), seed.mutable_view())) {
      return no_identity_file();
    }
    return seed;
  }
  if (!line.starts_with(kSealedSeed)) return no_identity_file();
  const auto wrapped = crypto::base64url_decode(line.substr(kSealedSeed.size()));
  if (!wrapped) return no_identity_file();
  if (!passphrase || passphrase->empty()) {
    return fail(Errc::invalid_argument,
                "the identity was exported with a passphrase, and none was given");
  }
  auto seed = crypto::unwrap_with_passphrase(*wrapped, base::as_bytes(*passphrase));
  if (!seed && seed.error().code == Errc::sealed) {
    return fail(Errc::sealed,
                "the identity does not open: the passphrase is wrong, or the file is damaged");
  }
  return seed;
}

}  // namespace

base::Result<std::string> write_identity_file(const crypto::Identity& identity,
                                              const std::optional<std::string>& passphrase,
                                              crypto::PassphraseCost cost) {
  std::string out = std::string(kIdentityTitle) + "1\n" + std::string(kFingerprintLine) +
                    identity.public_key().fingerprint() + "\n";
  if (!passphrase || passphrase->empty()) {
    return out + std::string(kPlainSeed) + crypto::base64url_encode(identity.seed().view()) + "\n";
  }
  EDGE_TRY(const base::Bytes wrapped,
           crypto::wrap_with_passphrase(identity.seed(), base::as_bytes(*passphrase), cost));
  return out + std::string(kSealedSeed) + crypto::base64url_encode(wrapped) + "\n";
}

base::Result<crypto::Identity> read_identity_file(std::string_view text,
                                                  const std::optional<std::string>& passphrase) {
  if (text.size() > kMaxIdentityFile) return no_identity_file();
  const std::string_view title = next_line(text);
  if (!title.starts_with(kIdentityTitle)) return no_identity_file();
  if (title.substr(kIdentityTitle.size()) != "1") {
    return fail(Errc::forbidden,
                "the identity was written by a newer version of privitty-edge; use that one");
  }
  const std::string_view fingerprint = next_line(text);
  const std::string_view seed_line = next_line(text);
  if (!fingerprint.starts_with(kFingerprintLine) || !text.empty()) return no_identity_file();
  EDGE_TRY(const crypto::Secret<32> seed, open_seed(seed_line, passphrase));
  crypto::Identity identity = crypto::Identity::from_seed(seed.view());
  if (identity.public_key().fingerprint() != fingerprint.substr(kFingerprintLine.size())) {
    return fail(Errc::sealed, "the identity file is damaged: its seed is that of another key");
  }
  return identity;
}

}  // namespace messaging
