// LoginFinder: completes what a person knows of a mail account and proves it by a login to both
// servers. One use each.
//
//   account on a relay -> autoconfig -> IMAP and SMTP beside each other, server after server
//
// "dcaccount:DOMAIN" makes up a name and a password, as Delta Chat's core does: a chatmail relay
// makes the account at its first login. "dcaccount:https://…" asks that page by an empty POST,
// which answers {"email", "password"} and, on some relays, "dclogin_url" with servers.
//
// Loop thread. `done` is called once, unless the finder is destroyed before; it may destroy it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/mail/curl_line.h"
#include "gateway/mail/imap_talk.h"
#include "gateway/mail/web_request.h"
#include "messaging/mail/mail_transport.h"

namespace gateway::mail {

// Tries servers of one service until one accepts the login.
class LoginTry final : LineHandler, ImapListener {
 public:
  struct Found {
    messaging::mail::MailServer server;
    bool is_chatmail = false;
    std::uint64_t largest_mail = 0;
  };
  using Done = base::UniqueFunction<void(base::Result<Found>)>;
  LoginTry(EventLoop& loop, CurlLoop& curl, MailService service,
           std::vector<messaging::mail::MailServer> servers, bool any_certificate,
           LineOptions options, Done done);
  ~LoginTry();
  void start() { next(); }

 private:
  void next();
  void on_up() override;
  void on_bytes(std::string_view bytes) override;
  void on_down(LineFailure failure) override;
  void write(std::string bytes) override;
  void on_untagged(ImapResponse response) override;
  void failed(LineFailure failure);
  void succeeded();
  void close();

  EventLoop& loop_;
  CurlLoop& curl_;
  const MailService service_;
  const std::vector<messaging::mail::MailServer> servers_;
  const bool any_certificate_;
  const LineOptions options_;
  Done done_;
  std::size_t at_ = 0;  // behind the one that is tried
  std::unique_ptr<CurlLine> line_;
  std::unique_ptr<ImapTalk> talk_;
  Timer answer_;
  bool is_chatmail_ = false;
  std::optional<LineFailure> worst_;  // the most informative one
  bool ended_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct FinderOptions {
  LineOptions line;
  base::Millis try_timeout = 15'000;  // for one of several servers
  base::Millis web_timeout = 8'000;
};

class LoginFinder {
 public:
  using Done = base::Completion<messaging::mail::Configured>;
  LoginFinder(EventLoop& loop, CurlLoop& curl, FinderOptions options,
              messaging::mail::LoginRequest request, std::function<void(int)> progress,
              std::function<bool()> stop, base::UniqueFunction<void()> ended, Done done);
  ~LoginFinder();
  void start();

 private:
  void make_account();
  void on_account(const WebAnswer& answer);
  void find_servers();
  void on_autoconfig(std::size_t which, WebAnswer answer);
  void try_logins(const std::vector<std::string>& documents);
  void on_imap(base::Result<LoginTry::Found> found);
  void on_smtp(base::Result<LoginTry::Found> found);
  void end_if_both();
  bool stopped();
  void finish(base::Result<messaging::mail::Configured> result);

  EventLoop& loop_;
  CurlLoop& curl_;
  const FinderOptions options_;
  messaging::mail::LoginRequest request_;
  std::function<void(int)> progress_;
  std::function<bool()> stop_;
  base::UniqueFunction<void()> ended_;
  Done done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<std::string> documents_;
  std::size_t asked_ = 0;
  std::vector<CURL*> web_;
  std::unique_ptr<LoginTry> imap_try_;
  std::unique_ptr<LoginTry> smtp_try_;
  std::optional<base::Result<LoginTry::Found>> imap_;
  std::optional<base::Result<LoginTry::Found>> smtp_;
  Timer stop_timer_;
};

}  // namespace gateway::mail
