// Certificate: the pair of `--tls-cert` and `--tls-key` as a context for connections. TLS 1.2 and
// 1.3, forward secrecy only, HTTP/1.1 by ALPN, no renegotiation, no compression.
//
// Threads: load() and get() from any; get() returns a context that stays valid as long as it is
// used, whatever is loaded meanwhile.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "base/result.h"
#include "gateway/tls/certificate_files.h"
#include "gateway/tls/openssl_api.h"

namespace gateway {

class Certificate {
 public:
  static base::Result<std::shared_ptr<Certificate>> load(CertificateFiles files);

  // Reads the files again (SIGHUP). When that fails the old pair stays in use.
  base::Result<> reload();
  std::shared_ptr<SSL_CTX> get() const;
  const OpensslApi& api() const { return *api_; }

 private:
  Certificate(const OpensslApi* api, CertificateFiles files)
      : api_(api), files_(std::move(files)) {}

  const OpensslApi* const api_;
  const CertificateFiles files_;
  mutable base::Mutex mutex_;
  std::shared_ptr<SSL_CTX> context_ GUARDED_BY(mutex_);
};

}  // namespace gateway
