#include "gateway/tls/certificate.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gateway {
namespace {

using base::Errc;
using base::fail;

constexpr char kCiphers12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// An encrypted key would make OpenSSL ask at a terminal that a daemon does not have.
int no_passphrase(char*, int, int, void*) { return 0; }

// RFC 7301: a client that offers only others is refused; one that offers none speaks HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned int in_size, void*) {
  static constexpr unsigned char kHttp11[] = {'h', 't', 't', 'p', '/', '1', '.', '1'};
  for (unsigned int at = 0; at < in_size && at + 1 + in[at] <= in_size; at += 1U + in[at]) {
    if (in[at] == sizeof kHttp11 && std::memcmp(in + at + 1, kHttp11, sizeof kHttp11) == 0) {
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

base::Result<> readable(const std::filesystem::path& file, const char* flag) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  return base::fail_errno(errno == ENOENT ? Errc::not_found : Errc::io,
                          std::string(flag) + " " + file.string() + " cannot be read", errno);
}

base::Result<std::shared_ptr<SSL_CTX>> open(const OpensslApi& api, const CertificateFiles& files) {
  EDGE_CHECK(readable(files.certificate, "--tls-cert"));
  EDGE_CHECK(readable(files.key, "--tls-key"));
  api.err_clear();
  SslContext context(api.ctx_new(api.server_method()), {&api});
  if (!context) return fail(Errc::exhausted, "OpenSSL: " + api.reason());
  SSL_CTX* const raw = context.get();
  api.ctx_ctrl(raw, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, nullptr);
  api.ctx_ctrl(raw, SSL_CTRL_MODE,
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                   SSL_MODE_RELEASE_BUFFERS,
               nullptr);
  // Tickets resume a session without any memory here.
  api.ctx_ctrl(raw, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);
  api.ctx_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (api.ctx_set_cipher_list(raw, kCiphers12) != 1) {
    return fail(Errc::internal, "OpenSSL knows none of our ciphers: " + api.reason());
  }
  api.ctx_set_passphrase(raw, &no_passphrase);
  api.ctx_set_alpn(raw, &choose_protocol, nullptr);
  if (api.ctx_use_chain(raw, files.certificate.c_str()) != 1) {
    return fail(Errc::invalid_argument, "--tls-cert " + files.certificate.string() +
                                            " holds no certificate in PEM form: " + api.reason());
  }
  if (api.ctx_use_key(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const std::string why = api.reason();
    if (why.find("mismatch") != std::string::npos) {
      return fail(Errc::invalid_argument, "--tls-key " + files.key.string() +
                                              " is not the key of the certificate in " +
                                              files.certificate.string());
    }
    return fail(Errc::invalid_argument, "--tls-key " + files.key.string() +
                                            " holds no private key in PEM form without a "
                                            "passphrase: " +
                                            why);
  }
  if (api.ctx_check_key(raw) != 1) {
    static_cast<void>(api.reason());
    return fail(Errc::invalid_argument, "--tls-key " + files.key.string() +
                                            " is not the key of the certificate in " +
                                            files.certificate.string());
  }
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

}  // namespace

base::Result<std::shared_ptr<Certificate>> Certificate::load(CertificateFiles files) {
  EDGE_TRY(const OpensslApi* api, OpensslApi::load());
  std::shared_ptr<Certificate> out(new Certificate(api, std::move(files)));
  EDGE_CHECK(out->reload());
  return out;
}

base::Result<> Certificate::reload() {
  EDGE_TRY(auto context, open(*api_, files_));
  base::Lock lock(mutex_);
  context_ = std::move(context);
  return {};
}

std::shared_ptr<SSL_CTX> Certificate::get() const {
  base::Lock lock(mutex_);
  return context_;
}

}  // namespace gateway
