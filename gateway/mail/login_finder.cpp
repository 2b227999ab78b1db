#include "gateway/mail/login_finder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/random.h"
#include "gateway/mail/server_guesses.h"
#include "messaging/mail/login_link.h"

namespace gateway::mail {
namespace {

using base::Errc;
using base::fail;
using messaging::mail::Configured;
using messaging::mail::LoginRequest;
using messaging::mail::MailServer;

constexpr base::Millis kAskStop = 500;
constexpr std::size_t kNameLength = 9;       // as core's
constexpr std::size_t kPasswordLength = 50;  // as core's

crypto::WipingBytes random_letters(std::size_t count, std::string_view letters) {
  crypto::WipingBytes out;
  while (out.size() < count) {
    const std::uint64_t random = crypto::random_u64() >> 8;
    out.push_back(static_cast<std::uint8_t>(letters[random % letters.size()]));
  }
  return out;
}

// Ranks failures: a refused login says more than a broken answer, and that more than no server.
int weight(const LineFailure& failure) {
  if (failure.unauthorized) return 3;
  if (failure.reached) return 2;
  return failure.step == MailStep::connect ? 0 : 1;
}

std::string_view name_of(MailService service) {
  return service == MailService::imap ? "IMAP" : "SMTP";
}

}  // namespace

LoginTry::LoginTry(EventLoop& loop, CurlLoop& curl, MailService service,
                   std::vector<MailServer> servers, bool any_certificate, LineOptions options,
                   Done done)
    : loop_(loop),
      curl_(curl),
      service_(service),
      servers_(std::move(servers)),
      any_certificate_(any_certificate),
      options_(std::move(options)),
      done_(std::move(done)),
      answer_(loop, [this] {
        failed({false, true, MailStep::login, "no answer in time"});
      }) {}

LoginTry::~LoginTry() { *alive_ = false; }

void LoginTry::next() {
  if (at_ >= servers_.size()) {
    ended_ = true;
    std::string words = worst_ ? worst_->words : "there is no server to try";
    return done_(fail(worst_ && worst_->unauthorized ? Errc::forbidden : Errc::unavailable,
                      std::string(name_of(service_)) + ": " + std::move(words)));
  }
  const MailServer& server = servers_[at_++];
  LineHandler& handler = *this;
  line_ = std::make_unique<CurlLine>(loop_, curl_, handler);
  line_->open(service_, server, any_certificate_, options_);
}

void LoginTry::on_up() {
  if (service_ == MailService::smtp) return succeeded();
  ImapListener& listener = *this;
  talk_ = std::make_unique<ImapTalk>(listener);
  talk_->command("CAPABILITY", [this](const ImapResponse&) {
    talk_->command("SELECT INBOX", [this](const ImapResponse& answer) {
      if (answer.status == ImapStatus::ok) return succeeded();
      failed({false, true, MailStep::login,
              servers_[at_ - 1].place() + ", opening the INBOX: the server answered \"" +
                  answer.text + "\""});
    });
  });
}

void LoginTry::on_bytes(std::string_view bytes) {
  if (!talk_ || ended_) return;
  if (const auto read = talk_->feed(bytes); !read) {
    failed({false, true, MailStep::login, servers_[at_ - 1].place() + ": " + read.error().message});
  }
}

void LoginTry::write(std::string bytes) {
  answer_.arm(options_.connect_timeout);
  line_->write(bytes);
}

void LoginTry::on_untagged(ImapResponse response) {
  if (response.kind != ImapKind::capability) return;
  is_chatmail_ = std::ranges::count(response.words, "XCHATMAIL") != 0;
}

void LoginTry::on_down(LineFailure failure) { failed(std::move(failure)); }

void LoginTry::failed(LineFailure failure) {
  if (ended_ || !line_) return;
  close();
  if (!worst_ || weight(failure) > weight(*worst_)) worst_ = std::move(failure);
  loop_.post([this, alive = alive_] {
    if (*alive) next();
  });
}

void LoginTry::succeeded() {
  Found found;
  found.server = servers_[at_ - 1];
  found.is_chatmail = is_chatmail_;
  found.largest_mail = line_->words().smtp_size();
  close();
  ended_ = true;
  loop_.post([this, alive = alive_, found = std::move(found)]() mutable {
    if (*alive) done_(std::move(found));
  });
}

void LoginTry::close() {
  answer_.disarm();
  if (line_) line_->stop();
  if (talk_) talk_->stop();
  // They may be in the middle of a callback.
  curl_.later([line = std::move(line_), talk = std::move(talk_)] {});
}

LoginFinder::LoginFinder(EventLoop& loop, CurlLoop& curl, FinderOptions options,
                         LoginRequest request, std::function<void(int)> progress,
                         std::function<bool()> stop, base::UniqueFunction<void()> ended, Done done)
    : loop_(loop),
      curl_(curl),
      options_(std::move(options)),
      request_(std::move(request)),
      progress_(std::move(progress)),
      stop_(std::move(stop)),
      ended_(std::move(ended)),
      done_(std::move(done)),
      stop_timer_(loop, [this] {
        if (!stopped()) stop_timer_.arm(kAskStop);
      }) {}

LoginFinder::~LoginFinder() {
  *alive_ = false;
  for (CURL* const easy : web_) {
    if (easy != nullptr) curl_.cancel(easy);
  }
}

void LoginFinder::start() {
  if (stop_) stop_timer_.arm(kAskStop);
  progress_(10);
  if (!request_.domain.empty()) return make_account();
  find_servers();
}

bool LoginFinder::stopped() {
  if (!stop_ || !stop_()) return false;
  finish(fail(Errc::gone, "the configuration was cancelled"));
  return true;
}

void LoginFinder::make_account() {
  if (!request_.domain.starts_with("https://")) {
    constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::string_view kAll =
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const auto name = random_letters(kNameLength, kLower);
    const bool literal = request_.domain.find(':') != std::string::npos ||
                         request_.domain.find_first_not_of("0123456789.") == std::string::npos;
    request_.addr = std::string(base::as_text(name)) + "@" +
                    (literal ? "[" + request_.domain + "]" : request_.domain);
    request_.password = random_letters(kPasswordLength, kAll);
    return find_servers();
  }
  web_ = {ask_web(curl_, WebMethod::post, request_.domain, options_.web_timeout * 2, options_.line,
                  [this](const WebAnswer& answer) {
                    web_.clear();
                    on_account(answer);
                  })};
}

void LoginFinder::on_account(const WebAnswer& answer) {
  std::string host = request_.domain.substr(8);
  host = host.substr(0, host.find_first_of("/?#"));
  const auto refuse = [&](const std::string& why) {
    finish(fail(Errc::unavailable, host + ", making an account: " + why));
  };
  if (answer.status == 0) return refuse(answer.why);
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (answer.status < 200 || answer.status > 299) {
    const std::string reason = plain_words(text("reason"));
    return refuse("the server answered " + std::to_string(answer.status) +
                  (reason.empty() ? "" : ": \"" + reason + "\""));
  }
  const std::string password = text("password");
  auto addr = messaging::mail::read_mail_address(text("email"));
  if (!addr || password.empty()) {
    return refuse("the server's answer has no email and password");
  }
  request_.addr = std::move(*addr);
  request_.password.assign(password.begin(), password.end());
  // Servers and ports, where the relay names them.
  if (auto named = messaging::mail::read_login_link(text("dclogin_url"));
      named && named->addr == request_.addr) {
    request_.imap = std::move(named->imap);
    request_.smtp = std::move(named->smtp);
  }
  find_servers();
}

void LoginFinder::find_servers() {
  progress_(200);
  const std::string domain = request_.addr.substr(request_.addr.rfind('@') + 1);
  if (names_a_server(request_) || domain.starts_with('[') || domain.starts_with('_')) {
    return try_logins({});
  }
  const std::string query = "mail/config-v1.1.xml?emailaddress=" + request_.addr;
  const std::vector<std::string> urls = {
      "https://autoconfig." + domain + "/" + query,
      "https://" + domain + "/.well-known/autoconfig/" + query,
  };
  documents_.resize(urls.size());
  web_.resize(urls.size());
  asked_ = urls.size();
  for (std::size_t i = 0; i < urls.size(); ++i) {
    web_[i] = ask_web(curl_, WebMethod::get, urls[i], options_.web_timeout, options_.line,
                      [this, i](WebAnswer answer) { on_autoconfig(i, std::move(answer)); });
  }
}

void LoginFinder::on_autoconfig(std::size_t which, WebAnswer answer) {
  web_[which] = nullptr;
  if (answer.status == 200) documents_[which] = std::move(answer.body);
  if (--asked_ == 0) try_logins(documents_);
}

void LoginFinder::try_logins(const std::vector<std::string>& documents) {
  if (stopped()) return;
  progress_(500);
  const auto known = [&](MailService service) {
    for (const std::string& document : documents) {
      auto servers = read_autoconfig(service, document, request_.addr);
      if (!servers.empty()) return servers;
    }
    return std::vector<MailServer>();
  };
  const auto make = [&](MailService service, LoginTry::Done done) {
    auto servers = guess_servers(service, request_, known(service));
    LineOptions line = options_.line;
    if (servers.size() > 1) {
      line.connect_timeout = std::min(line.connect_timeout, options_.try_timeout);
    }
    return std::make_unique<LoginTry>(loop_, curl_, service, std::move(servers),
                                      request_.any_certificate, std::move(line), std::move(done));
  };
  imap_try_ = make(MailService::imap, [this](auto found) { on_imap(std::move(found)); });
  smtp_try_ = make(MailService::smtp, [this](auto found) { on_smtp(std::move(found)); });
  imap_try_->start();
  smtp_try_->start();
  progress_(600);
}

void LoginFinder::on_imap(base::Result<LoginTry::Found> found) {
  imap_ = std::move(found);
  if (!smtp_) progress_(750);
  end_if_both();
}

void LoginFinder::on_smtp(base::Result<LoginTry::Found> found) {
  smtp_ = std::move(found);
  if (!imap_) progress_(750);
  end_if_both();
}

void LoginFinder::end_if_both() {
  // A refusal of IMAP ends it; of both servers' errors it is the one that is reported.
  if (imap_ && !*imap_) return finish(imap_->error());
  if (!imap_ || !smtp_) return;
  if (!*smtp_) return finish(smtp_->error());
  progress_(900);
  Configured out;
  out.login.addr = request_.addr;
  out.login.any_certificate = request_.any_certificate;
  out.login.imap = (*imap_)->server;
  out.login.smtp = (*smtp_)->server;
  out.is_chatmail = (*imap_)->is_chatmail;
  out.largest_mail = (*smtp_)->largest_mail;
  finish(std::move(out));
}

// Running work is destroyed later: this may be one of its callbacks.
void LoginFinder::finish(base::Result<Configured> result) {
  if (!ended_) return;
  stop_timer_.disarm();
  auto ended = std::exchange(ended_, nullptr);
  done_(std::move(result));
  loop_.post([alive = alive_, ended = std::move(ended)]() mutable {
    if (*alive) ended();
  });
}

}  // namespace gateway::mail
