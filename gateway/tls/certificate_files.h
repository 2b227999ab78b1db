// The pair of `--tls-cert` and `--tls-key`.
#pragma once

#include <filesystem>

namespace gateway {

struct CertificateFiles {
  std::filesystem::path certificate;  // PEM: the server's own first, then what leads to the root
  std::filesystem::path key;          // PEM, without a passphrase
};

}  // namespace gateway
