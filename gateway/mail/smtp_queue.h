// SmtpQueue: the mails of one line on their way to its SMTP server, one after the other, by
// libcurl. A mail goes in chunks of kRecipientsAtOnce recipients, a transaction each.
//
// A server that asks for less (450 4.7.1) gets no mail during a pause that doubles with each such
// answer; mails that come meanwhile are answered `later` without a connection. Nothing is stored:
// the caller has the mail until it is accepted.
//
// Loop thread.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/mail/curl_line.h"
#include "gateway/mail/turns.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

struct SmtpTimes {
  base::Millis first_pause = 10'000;  // after 450 4.7.1
  base::Millis longest_pause = 300'000;
  base::Millis answer = 120'000;  // for one answer of the server
};

class SmtpQueue {
 public:
  struct Around {
    EventLoop& loop;
    CurlLoop& curl;  // of SMTP alone: connections of one login are used again
    Turns& sending;
    LineOptions line_options;
    SmtpTimes times;
    // State, words, and whether a mail was accepted.
    std::function<void(messaging::mail::LineState, std::string, bool)> on_status;
  };
  explicit SmtpQueue(Around around);
  ~SmtpQueue();  // what waits is answered with an error

  void submit(messaging::mail::MailLogin login, messaging::mail::Mail mail,
              base::Completion<messaging::mail::SubmitReply> done);
  bool idle() const { return jobs_.empty(); }

 private:
  struct Job {
    messaging::mail::MailLogin login;
    messaging::mail::Mail mail;
    base::Completion<messaging::mail::SubmitReply> done;
    messaging::mail::SubmitReply reply;
    std::size_t at = 0;     // the first recipient of the chunk
    std::size_t count = 0;  // recipients in it
    std::size_t read = 0;   // bytes of the text that libcurl has
  };

  void start();
  void send_chunk();
  void on_sent(CURLcode code);
  // False: the job ends here.
  bool judge_chunk(CURLcode code);
  void leave_from(std::size_t recipient);
  void finish();
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self);

  const Around around_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::deque<Job> jobs_;  // the first one runs
  bool running_ = false;
  Turns::Turn turn_;
  CURL* easy_ = nullptr;
  ServerWords words_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  base::Millis not_before_ = 0;
  int limited_ = 0;  // such answers in a row
  std::string limit_words_;
};

}  // namespace gateway::mail
