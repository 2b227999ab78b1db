// TrustStore: the authorities that sign mail servers' certificates, read once and shared by all
// connections. libcurl reads them for each connection's TLS context otherwise, and keeps them with
// it: most of a megabyte each with Debian's list. They are read again when the file has changed.
//
// The loop's thread. Where OpenSSL cannot be used libcurl reads the file as ever.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "gateway/peer/curl_api.h"
#include "gateway/tls/openssl_api.h"

namespace gateway::mail {

class TrustStore {
 public:
  // Makes the transfer trust those in `file`; "": libcurl's own. The store outlives the transfer.
  void apply(CURL* easy, const CurlApi& api, const std::string& file);

 private:
  bool read(const std::string& file);
  static CURLcode on_context(CURL* easy, void* context, void* self);

  const OpensslApi* api_ = nullptr;
  TrustedCertificates store_;
  std::string file_;
  struct ::stat seen_ {};
};

}  // namespace gateway::mail
