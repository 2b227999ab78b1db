// ServerWords: what a mail server and libcurl said to each other before the body of a mail, for
// errors that name the server, the step and the answer. libcurl reports it line by line
// (CURLOPT_DEBUGFUNCTION). Passwords are never noted: of a command its verb alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/peer/curl_api.h"

namespace gateway::mail {

enum class MailStep : std::uint8_t {
  connect,   // name, TCP
  tls,       // the handshake and the certificate, STARTTLS with them
  greeting,  // the server's first words, what it can do
  login,
  sender,     // MAIL FROM
  recipient,  // RCPT TO
  content,    // DATA and what follows
};
std::string_view name_of(MailStep step);  // "login": "at the login"

// An answer of an SMTP server to one command.
struct SmtpAnswer {
  MailStep step = MailStep::connect;
  int code = 0;
  std::string text;  // its last line, with the code, as plain words
};

class ServerWords {
 public:
  // Makes the transfer report to this object, which outlives it.
  void listen(CURL* easy, const CurlApi& api);
  void clear() { *this = ServerWords(); }

  MailStep step() const { return step_; }
  const std::string& last() const { return last_; }  // the server's last line; "": none
  // SMTP: the answers to MAIL, RCPT and DATA, in order. Of recipients one each.
  const std::vector<SmtpAnswer>& answers() const { return answers_; }
  std::uint64_t smtp_size() const { return smtp_size_; }  // SIZE of EHLO; 0: not said

 private:
  static int on_debug(CURL* easy, curl_infotype type, char* data, std::size_t size, void* self);
  void on_sent(std::string_view line);
  void on_received(std::string_view bytes);
  void on_line(std::string_view line);

  MailStep step_ = MailStep::connect;
  std::string partial_;
  std::string last_;
  std::vector<SmtpAnswer> answers_;
  std::uint64_t smtp_size_ = 0;
};

// Why a transfer ended by `code`, for people: "smtp.example.org:465, login: the server answered
// "535 5.7.8 Authentication failed"".
std::string failure_words(std::string_view place, CURLcode code, const ServerWords& words,
                          const char* error_buffer, const CurlApi& api);

}  // namespace gateway::mail
