// An SMTP server as tests want it: small, right by the book, and made to misbehave by knobs. Every
// password but "wrong" is accepted.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/mutex.h"
#include "tests/gateway/server_line.h"

namespace mail_test {

struct SentMail {
  std::string from;
  std::vector<std::string> to;
  std::string text;
};

struct SmtpKnobs {
  std::string greeting = "220 ready";
  // The answer to a command, by its beginning; "": as usual. "." is the end of a mail.
  std::function<std::string(const std::string& command)> answer;
  std::optional<std::size_t> cut;  // every connection ends after so many bytes
};

class SmtpServer {
 public:
  explicit SmtpServer(SmtpKnobs knobs = {})
      : knobs_(std::move(knobs)), listener_([this](Line& line) { serve(line); }) {}
  std::uint16_t port() const { return listener_.port(); }
  int connections() const { return listener_.connections(); }
  std::vector<SentMail> mails() {
    const base::Lock lock(mutex_);
    return mails_;
  }

 private:
  void serve(Line& line) {
    line.cut_after = knobs_.cut;
    if (!line.send(knobs_.greeting + "\r\n")) return;
    std::string command;
    SentMail mail;
    while (line.read(command)) {
      const std::string lower = base::lower_ascii(command);
      std::string out = knobs_.answer ? knobs_.answer(command) : std::string();
      const bool usual = out.empty();
      if (lower.starts_with("ehlo")) {
        if (usual) out = "250-test\r\n250-SIZE 1000000\r\n250 AUTH PLAIN";
      } else if (lower.starts_with("auth plain")) {
        // base64 of "\0user\0wrong" ends so.
        if (usual)
          out = command.ends_with("AHdyb25n") || command.ends_with("wcm9uZw==") ||
                        command.ends_with("Adwcm9uZw==")
                    ? "535 5.7.8 Authentication failed"
                    : "235 2.7.0 welcome";
      } else if (lower.starts_with("mail from:")) {
        mail = {};
        mail.from = between(command);
      } else if (lower.starts_with("rcpt to:")) {
        if (usual || out.starts_with("2")) mail.to.push_back(between(command));
      } else if (lower == "data") {
        if (usual) {
          if (!line.send("354 go on\r\n")) return;
          std::string text;
          while (line.read(text) && text != ".") {
            mail.text += (text.starts_with('.') ? text.substr(1) : text) + "\r\n";
          }
          if (line.closed()) return;
          out = knobs_.answer ? knobs_.answer(".") : std::string();
          if (out.empty()) {
            const base::Lock lock(mutex_);
            mails_.push_back(mail);
          }
        }
      } else if (lower == "quit") {
        return;
      }
      if (!line.send((out.empty() ? "250 2.0.0 fine" : out) + "\r\n")) return;
    }
  }
  static std::string between(const std::string& command) {
    const std::size_t begin = command.find('<') + 1;
    return command.substr(begin, command.find('>') - begin);
  }

  const SmtpKnobs knobs_;
  base::Mutex mutex_;
  std::vector<SentMail> mails_ GUARDED_BY(mutex_);
  Listener listener_;
};

}  // namespace mail_test
