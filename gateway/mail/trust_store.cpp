#include "gateway/mail/trust_store.h"

namespace gateway::mail {
namespace {

bool same_file(const struct ::stat& one, const struct ::stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

}  // namespace

void TrustStore::apply(CURL* easy, const CurlApi& api, const std::string& file) {
  const char* place = file.c_str();
  if (file.empty()) {
    place = nullptr;
    if (api.easy_getinfo(easy, CURLINFO_CAINFO, &place) != CURLE_OK || place == nullptr) return;
  }
  if (!read(place)) return;
  // libcurl refuses the function when its TLS is not OpenSSL's.
  if (api.easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &TrustStore::on_context) != CURLE_OK) return;
  api.easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  api.easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  api.easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  api.easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

bool TrustStore::read(const std::string& file) {
  if (api_ == nullptr) {
    const auto api = OpensslApi::load();
    if (!api) return false;
    api_ = *api;
  }
  struct ::stat now {};
  if (::stat(file.c_str(), &now) != 0) return false;
  if (store_ && file == file_ && same_file(now, seen_)) return true;
  TrustedCertificates fresh(api_->store_new(), {api_});
  if (!fresh || api_->store_load_file(fresh.get(), file.c_str()) != 1) {
    api_->err_clear();
    return false;
  }
  // As libcurl has it: an intermediate certificate in the file is trusted too.
  api_->store_set_flags(fresh.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  store_ = std::move(fresh);
  file_ = file;
  seen_ = now;
  return true;
}

CURLcode TrustStore::on_context(CURL* /*easy*/, void* context, void* self) {
  const auto& trust = *static_cast<TrustStore*>(self);
  trust.api_->ctx_set_cert_store(static_cast<SSL_CTX*>(context), trust.store_.get());
  return CURLE_OK;
}

}  // namespace gateway::mail
