#include "gateway/tls/openssl_api.h"

#include <dlfcn.h>

#include <array>
#include <type_traits>

namespace gateway {
namespace {

base::Result<OpensslApi> load_api() {
  void* const library = ::dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    // glibc keeps one for each thread. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* const why = ::dlerror();
    return base::fail(base::Errc::unavailable,
                      std::string("TLS needs OpenSSL 3 (Debian's libssl3): ") +
                          (why == nullptr ? "not found" : why));
  }
  OpensslApi api{};
  bool whole = true;
  // What libcrypto defines is found too: it was loaded with libssl.
  const auto find = [&](auto& function, const char* name) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    whole = whole && function != nullptr;
  };
  find(api.server_method, "TLS_server_method");
  find(api.ctx_new, "SSL_CTX_new");
  find(api.ctx_free, "SSL_CTX_free");
  find(api.ctx_ctrl, "SSL_CTX_ctrl");
  find(api.ctx_set_options, "SSL_CTX_set_options");
  find(api.ctx_set_cipher_list, "SSL_CTX_set_cipher_list");
  find(api.ctx_set_passphrase, "SSL_CTX_set_default_passwd_cb");
  find(api.ctx_set_alpn, "SSL_CTX_set_alpn_select_cb");
  find(api.ctx_use_chain, "SSL_CTX_use_certificate_chain_file");
  find(api.ctx_use_key, "SSL_CTX_use_PrivateKey_file");
  find(api.ctx_check_key, "SSL_CTX_check_private_key");
  find(api.ctx_set_cert_store, "SSL_CTX_set1_cert_store");
  find(api.store_new, "X509_STORE_new");
  find(api.store_free, "X509_STORE_free");
  find(api.store_load_file, "X509_STORE_load_file");
  find(api.store_set_flags, "X509_STORE_set_flags");
  find(api.ssl_new, "SSL_new");
  find(api.ssl_free, "SSL_free");
  find(api.set_fd, "SSL_set_fd");
  find(api.accept, "SSL_accept");
  find(api.read, "SSL_read");
  find(api.write, "SSL_write");
  find(api.shutdown, "SSL_shutdown");
  find(api.get_error, "SSL_get_error");
  find(api.err_get, "ERR_get_error");
  find(api.err_clear, "ERR_clear_error");
  find(api.err_text, "ERR_error_string_n");
  if (!whole) return base::fail(base::Errc::unavailable, "the OpenSSL installed cannot be used");
  return api;
}

}  // namespace

base::Result<const OpensslApi*> OpensslApi::load() {
  static const base::Result<OpensslApi> api = load_api();
  if (!api) return api.error();
  return &*api;
}

std::string OpensslApi::reason() const {
  const unsigned long code = err_get();
  std::array<char, 256> text{};
  if (code != 0) err_text(code, text.data(), text.size());
  err_clear();
  // "error:0A000074:SSL routines::bad certificate": people read its end.
  const std::string whole(text.data());
  const auto colon = whole.rfind(':');
  return code == 0 ? "no reason given" : whole.substr(colon == std::string::npos ? 0 : colon + 1);
}

}  // namespace gateway
