// CurlLine: a connection to an IMAP or SMTP server that libcurl opens, secures, checks and logs in
// to (CURLOPT_CONNECT_ONLY); from then on its bytes are the owner's, on the event loop.
//
// Lines share one CurlLoop, and each has a pool of connections of its own: libcurl closes what lies
// in a pool idle for two minutes, or has bytes to read, when it opens another connection there. A
// libcurl multi handle for each line would do as well, and cost 35 kB more.
//
// Loop thread. Callbacks come from the loop, never from inside a call; none may destroy the line.
// Nothing follows on_down().
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/loop/event_loop.h"
#include "gateway/mail/server_words.h"
#include "gateway/mail/trust_store.h"
#include "gateway/peer/curl_loop.h"
#include "messaging/mail/mail_login.h"

namespace gateway::mail {

enum class MailService : std::uint8_t { imap, smtp };

struct LineOptions {
  std::shared_ptr<TrustStore> trust = {};  // nothing: libcurl reads `ca_file` each time
  std::string ca_file = {};                // "": the system's
  base::Millis connect_timeout = 30'000;
};

// Why a line ended.
struct LineFailure {
  bool unauthorized = false;  // the server refused the login for good
  bool reached = false;       // the server had said something
  MailStep step = MailStep::connect;
  std::string words;
};

class LineHandler {
 public:
  virtual void on_up() = 0;  // logged in
  virtual void on_bytes(std::string_view bytes) = 0;
  virtual void on_down(LineFailure failure) = 0;

 protected:
  ~LineHandler() = default;
};

class CurlLine final : IoHandler {
 public:
  CurlLine(EventLoop& loop, CurlLoop& curl, LineHandler& handler);
  ~CurlLine();  // closes the connection

  void open(MailService service, const messaging::mail::MailServer& server, bool any_certificate,
            const LineOptions& options);
  void write(std::string_view bytes);
  void stop();  // nothing is called any more
  const ServerWords& words() const { return words_; }
  std::size_t unsent() const { return out_.size(); }

 private:
  void on_io(std::uint32_t events) override;
  void on_connected(CURLcode code);
  void read();
  bool flush();
  void down(std::string why);
  void unwatch();

  EventLoop& loop_;
  LineHandler& handler_;
  ServerWords words_;  // as error_: curl_ may write to it until its end
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::shared_ptr<TrustStore> trust_;  // as words_
  CurlLoop& curl_;
  CurlShare pool_;        // longer than easy_
  CURL* easy_ = nullptr;  // curl_'s
  std::string place_;
  std::string out_;
  int fd_ = -1;
  std::uint32_t watched_ = 0;  // epoll's events
  bool up_ = false;
  bool ended_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Sets what a connection for mail wants of libcurl: the URL, login, TLS, time-outs.
void set_mail_options(CURL* easy, const CurlApi& api, MailService service,
                      const messaging::mail::MailServer& server, bool any_certificate,
                      const LineOptions& options);

}  // namespace gateway::mail
