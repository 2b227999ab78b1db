#include "gateway/mail/curl_line.h"

#include <utility>

#include "crypto/wiping.h"

namespace gateway::mail {
namespace {

constexpr int kReadsAtOnce = 32;  // of a line, before others have their turn
constexpr std::size_t kReadSize = 16 * 1024;
// Of libcurl, which reads greetings and answers to logins by it; lines are shorter than half of it.
constexpr long kCurlBuffer = 8 * 1024;

std::string url_of(MailService service, const messaging::mail::MailServer& server) {
  const bool tls = server.security == messaging::mail::MailSecurity::tls;
  std::string out = service == MailService::imap ? "imap" : "smtp";
  if (tls) out += 's';
  out += "://" + server.place();
  // The name in EHLO, which is this machine's otherwise.
  if (service == MailService::smtp) out += "/%5B127.0.0.1%5D";
  return out;
}

CurlShare make_pool(const CurlApi& api) {
  CurlShare pool(api.share_init(), {&api});
  if (pool && api.share_setopt(pool.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
    pool.reset();
  }
  return pool;
}

}  // namespace

void set_mail_options(CURL* easy, const CurlApi& api, MailService service,
                      const messaging::mail::MailServer& server, bool any_certificate,
                      const LineOptions& options) {
  const auto set = [&](CURLoption option, auto value) { api.easy_setopt(easy, option, value); };
  set(CURLOPT_URL, url_of(service, server).c_str());
  set(CURLOPT_PROTOCOLS_STR, "imap,imaps,smtp,smtps");
  set(CURLOPT_USERNAME, server.user.c_str());
  crypto::WipingBytes password = server.password;  // libcurl copies it
  password.push_back(0);
  set(CURLOPT_PASSWORD, reinterpret_cast<const char*>(password.data()));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, 240L);
  set(CURLOPT_TCP_KEEPINTVL, 30L);
  set(CURLOPT_SASL_IR, 1L);
  if (server.security == messaging::mail::MailSecurity::starttls) {
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  }
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a line is opened seldom, and would keep the session
  set(CURLOPT_BUFFERSIZE, kCurlBuffer);
  if (any_certificate || server.host.starts_with('_')) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
    set(CURLOPT_CAINFO, nullptr);
    set(CURLOPT_CAPATH, nullptr);
    return;
  }
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.trust) options.trust->apply(easy, api, options.ca_file);
}

CurlLine::CurlLine(EventLoop& loop, CurlLoop& curl, LineHandler& handler)
    : loop_(loop), handler_(handler), curl_(curl) {}

CurlLine::~CurlLine() {
  *alive_ = false;
  unwatch();
  if (easy_ != nullptr) curl_.cancel(easy_);
}

void CurlLine::open(MailService service, const messaging::mail::MailServer& server,
                    bool any_certificate, const LineOptions& options) {
  place_ = server.place();
  CurlEasy easy = curl_.make_easy();
  if (easy) pool_ = make_pool(curl_.api());
  if (!easy || !pool_) {
    loop_.post([this, alive = alive_] {
      if (*alive && !ended_) down("libcurl cannot be used here (Debian's libcurl4)");
    });
    return;
  }
  const CurlApi& api = curl_.api();
  set_mail_options(easy.get(), api, service, server, any_certificate, options);
  api.easy_setopt(easy.get(), CURLOPT_SHARE, pool_.get());
  api.easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  api.easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error_.data());
  trust_ = options.trust;
  words_.listen(easy.get(), api);
  easy_ = easy.get();
  curl_.connect(std::move(easy), [this, alive = alive_](CURLcode code) {
    if (*alive) on_connected(code);
  });
}

void CurlLine::stop() {
  ended_ = true;
  unwatch();
}

void CurlLine::on_connected(CURLcode code) {
  if (ended_) {
    if (code != CURLE_OK) easy_ = nullptr;
    return;
  }
  const CurlApi& api = curl_.api();
  if (code == CURLE_OK) {
    curl_socket_t fd = CURL_SOCKET_BAD;
    api.easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &fd);
    api.easy_setopt(easy_, CURLOPT_VERBOSE, 0L);
    if (fd == CURL_SOCKET_BAD) return down("libcurl gives no socket");
    if (const auto added = loop_.add(fd, EPOLLIN, *this); !added)
      return down(added.error().message);
    fd_ = fd;
    watched_ = EPOLLIN;
    up_ = true;
    return handler_.on_up();
  }
  LineFailure failure;
  failure.step = words_.step();
  failure.reached = !words_.last().empty();
  // SMTP's 4xx says that it cannot judge now.
  failure.unauthorized = code == CURLE_LOGIN_DENIED && !words_.last().starts_with('4');
  failure.words = failure_words(place_, code, words_, error_.data(), api);
  easy_ = nullptr;  // the loop has destroyed it
  ended_ = true;
  handler_.on_down(std::move(failure));
}

void CurlLine::write(std::string_view bytes) {
  if (ended_ || !up_) return;
  out_ += bytes;
  if (!flush()) {
    loop_.post([this, alive = alive_] {
      if (*alive && !ended_) down("the connection broke while it was written to");
    });
  }
}

// False: the connection is broken.
bool CurlLine::flush() {
  const CurlApi& api = curl_.api();
  std::size_t sent_in_all = 0;
  bool broken = false;
  while (sent_in_all < out_.size()) {
    std::size_t sent = 0;
    const CURLcode code =
        api.easy_send(easy_, out_.data() + sent_in_all, out_.size() - sent_in_all, &sent);
    sent_in_all += sent;
    if (code == CURLE_AGAIN) break;
    if (code != CURLE_OK) {
      broken = true;
      break;
    }
  }
  out_.erase(0, sent_in_all);
  if (broken) return false;
  const std::uint32_t wanted = out_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  if (wanted != watched_ && loop_.modify(fd_, wanted, *this)) watched_ = wanted;
  return true;
}

void CurlLine::on_io(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && !flush()) {
    return down("the connection broke while it was written to");
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read();
}

void CurlLine::read() {
  std::array<char, kReadSize> buffer;
  const CurlApi& api = curl_.api();
  for (int i = 0; i < kReadsAtOnce; ++i) {
    std::size_t got = 0;
    const CURLcode code = api.easy_recv(easy_, buffer.data(), buffer.size(), &got);
    if (code == CURLE_AGAIN) return;
    if (code != CURLE_OK || got == 0) return down("the server closed the connection");
    const auto alive = alive_;
    handler_.on_bytes({buffer.data(), got});
    if (!*alive || ended_) return;
  }
  // TLS may hold bytes that the socket does not show any more.
  loop_.defer([this, alive = alive_] {
    if (*alive && !ended_) read();
  });
}

void CurlLine::down(std::string why) {
  if (std::exchange(ended_, true)) return;
  unwatch();
  LineFailure failure;
  failure.step = words_.step();
  failure.reached = up_;
  failure.words = place_ + ": " + why;
  handler_.on_down(std::move(failure));
}

void CurlLine::unwatch() {
  if (fd_ < 0) return;
  loop_.remove(fd_, *this);
  fd_ = -1;
}

}  // namespace gateway::mail
