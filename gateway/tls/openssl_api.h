// OpensslApi: OpenSSL's functions, loaded when `--tls-cert` or a mail account asks for them.
// Linked, it would bring 5 MiB into every daemon at its start, also into one that serves loopback
// alone.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace gateway {

struct OpensslApi {
  decltype(&::TLS_server_method) server_method;
  decltype(&::SSL_CTX_new) ctx_new;
  decltype(&::SSL_CTX_free) ctx_free;
  decltype(&::SSL_CTX_ctrl) ctx_ctrl;
  decltype(&::SSL_CTX_set_options) ctx_set_options;
  decltype(&::SSL_CTX_set_cipher_list) ctx_set_cipher_list;
  decltype(&::SSL_CTX_set_default_passwd_cb) ctx_set_passphrase;
  decltype(&::SSL_CTX_set_alpn_select_cb) ctx_set_alpn;
  decltype(&::SSL_CTX_use_certificate_chain_file) ctx_use_chain;
  decltype(&::SSL_CTX_use_PrivateKey_file) ctx_use_key;
  decltype(&::SSL_CTX_check_private_key) ctx_check_key;
  decltype(&::SSL_CTX_set1_cert_store) ctx_set_cert_store;
  decltype(&::X509_STORE_new) store_new;
  decltype(&::X509_STORE_free) store_free;
  decltype(&::X509_STORE_load_file) store_load_file;
  decltype(&::X509_STORE_set_flags) store_set_flags;
  decltype(&::SSL_new) ssl_new;
  decltype(&::SSL_free) ssl_free;
  decltype(&::SSL_set_fd) set_fd;
  decltype(&::SSL_accept) accept;
  decltype(&::SSL_read) read;
  decltype(&::SSL_write) write;
  decltype(&::SSL_shutdown) shutdown;
  decltype(&::SSL_get_error) get_error;
  decltype(&::ERR_get_error) err_get;
  decltype(&::ERR_clear_error) err_clear;
  decltype(&::ERR_error_string_n) err_text;

  // Loads OpenSSL 3 once; it stays. Fails when it is not installed.
  static base::Result<const OpensslApi*> load();

  // The oldest reason for the last failure on this thread, in OpenSSL's words; forgets the others.
  std::string reason() const;
};

struct SslContextDelete {
  const OpensslApi* api = nullptr;
  void operator()(SSL_CTX* context) const { api->ctx_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDelete>;

struct SslDelete {
  const OpensslApi* api = nullptr;
  void operator()(SSL* ssl) const { api->ssl_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslDelete>;

struct X509StoreDelete {
  const OpensslApi* api = nullptr;
  void operator()(X509_STORE* store) const { api->store_free(store); }
};
using TrustedCertificates = std::unique_ptr<X509_STORE, X509StoreDelete>;

}  // namespace gateway
