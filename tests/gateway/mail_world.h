// Lines to mail servers on a loop of their own, and a receiver that remembers what it was given.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "gateway/mail/mail_lines.h"
#include "tests/gateway/imap_server.h"
#include "tests/gateway/smtp_server.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace mail_test {

using gateway::mail::MailLines;
using gateway::mail::MailLinesOptions;
using messaging::mail::LineKey;
using messaging::mail::LineState;
using messaging::mail::LineStatus;
using messaging::mail::MailCursor;
using messaging::mail::MailHead;
using messaging::mail::MailLogin;
using messaging::mail::MailPlace;
using messaging::mail::MailTaken;
using messaging::mail::MailWish;
using messaging::mail::WatchOptions;

inline std::string id_in(std::string_view text) {
  const std::size_t begin = text.find("Message-ID: <");
  if (begin == std::string_view::npos) return "";
  const std::size_t from = begin + 13;
  return std::string(text.substr(from, text.find('>', from) - from));
}

class Receiver final : public messaging::mail::MailReceiver {
 public:
  void judge(LineKey line, std::vector<MailHead> heads,
             base::Completion<std::vector<MailWish>> done) override {
    std::vector<MailWish> wishes;
    {
      const base::Lock lock(mutex_);
      for (const MailHead& head : heads) {
        const std::string id = id_in(base::as_text(head.headers));
        const auto wish = wishes_.find(id);
        if (wish != wishes_.end()) {
          wishes.push_back(wish->second);
        } else {
          wishes.push_back(taken_[line].contains(id) ? MailWish::discard : MailWish::take);
        }
      }
      most_heads_ = std::max(most_heads_, heads.size());
    }
    done(std::move(wishes));
  }
  void arrived(LineKey line, MailPlace place, base::Bytes mail,
               base::Completion<MailTaken> done) override {
    MailTaken answer = MailTaken::taken;
    {
      const base::Lock lock(mutex_);
      const std::string id = id_in(base::as_text(mail));
      places_[id] = place;
      bytes_[id] = mail.size();
      const bool never = never_.contains(id);
      if (never || refusals_ > 0) {
        if (!never) --refusals_;
        answer = MailTaken::again;
      } else {
        if (!taken_[line].insert(id).second) ++twice_;
        order_.push_back(id);
      }
    }
    done(answer);
  }
  void missed(LineKey, MailHead head, std::string why) override {
    const base::Lock lock(mutex_);
    missed_[id_in(base::as_text(head.headers))] = std::move(why);
  }
  void cursor_moved(LineKey line, MailCursor cursor) override {
    const base::Lock lock(mutex_);
    cursors_[line] = cursor;
  }
  void status_changed(const LineStatus& status) override {
    const base::Lock lock(mutex_);
    ++changes_[status.key];
  }

  std::set<std::string> taken(LineKey line) {
    const base::Lock lock(mutex_);
    return taken_[line];
  }
  bool has(LineKey line, const std::string& id) { return taken(line).contains(id); }
  std::vector<std::string> order() {
    const base::Lock lock(mutex_);
    return order_;
  }
  MailCursor cursor(LineKey line) {
    const base::Lock lock(mutex_);
    return cursors_[line];
  }
  MailPlace place(const std::string& id) {
    const base::Lock lock(mutex_);
    return places_[id];
  }
  std::size_t bytes(const std::string& id) {
    const base::Lock lock(mutex_);
    return bytes_[id];
  }
  std::map<std::string, std::string> missed_mails() {
    const base::Lock lock(mutex_);
    return missed_;
  }
  int twice() {
    const base::Lock lock(mutex_);
    return twice_;
  }
  std::size_t most_heads() {
    const base::Lock lock(mutex_);
    return most_heads_;
  }
  void set_wish(const std::string& id, MailWish wish) {
    const base::Lock lock(mutex_);
    wishes_[id] = wish;
  }
  void refuse_always(const std::string& id) {
    const base::Lock lock(mutex_);
    never_.insert(id);
  }
  void refuse(int times) {
    const base::Lock lock(mutex_);
    refusals_ = times;
  }

 private:
  base::Mutex mutex_;
  std::map<LineKey, std::set<std::string>> taken_ GUARDED_BY(mutex_);
  std::map<LineKey, MailCursor> cursors_ GUARDED_BY(mutex_);
  std::map<LineKey, int> changes_ GUARDED_BY(mutex_);
  std::map<std::string, MailPlace> places_ GUARDED_BY(mutex_);
  std::map<std::string, std::size_t> bytes_ GUARDED_BY(mutex_);
  std::map<std::string, MailWish> wishes_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> missed_ GUARDED_BY(mutex_);
  std::vector<std::string> order_ GUARDED_BY(mutex_);
  std::set<std::string> never_ GUARDED_BY(mutex_);
  int refusals_ GUARDED_BY(mutex_) = 0;
  int twice_ GUARDED_BY(mutex_) = 0;
  std::size_t most_heads_ GUARDED_BY(mutex_) = 0;
};

inline MailLinesOptions quick_options() {
  MailLinesOptions options;
  options.times.first_pause = 2;
  options.times.longest_pause = 20;
  options.times.stable_after = 0;
  options.times.unauthorized_pause = 600'000;
  options.times.poll_every = 10;
  options.times.again_pause = 10;
  options.smtp.first_pause = 60'000;
  options.finder.try_timeout = 2'000;
  return options;
}

// Lines, their loop and its thread.
class Lines {
 public:
  explicit Lines(MailLinesOptions options = quick_options())
      : loop_(std::move(*gateway::EventLoop::create(clock_))),
        lines_(std::make_unique<MailLines>(
            *loop_,
            [this] {
              thread_ = std::thread([this] { loop_->run(); });
              return true;
            },
            std::move(options))) {
    lines_->set_receiver(receiver);
  }
  ~Lines() {
    close();
    loop_->stop();
    if (thread_.joinable()) thread_.join();
  }
  MailLines& operator*() { return *lines_; }
  MailLines* operator->() { return lines_.get(); }

  void close() {
    loop_->post([this] { lines_->close(); });
  }
  // Does `work` while the loop does nothing: it then meets everything at once that came meanwhile.
  template <class F>
  void while_paused(F work) {
    struct Marks {
      std::promise<void> paused, over, met;
    };
    const auto marks = std::make_shared<Marks>();
    loop_->post([marks] {
      marks->paused.set_value();
      marks->over.get_future().wait();
    });
    marks->paused.get_future().wait();
    work();
    loop_->post([marks] { marks->met.set_value(); });
    marks->over.set_value();
    marks->met.get_future().wait();
  }

  LineStatus status(LineKey key) {
    for (const LineStatus& status : lines_->lines(key.account)) {
      if (status.key == key) return status;
    }
    return {};
  }
  bool connected(LineKey key) {
    return ::test::eventually([&] { return status(key).imap == LineState::connected; });
  }

  Receiver receiver;

 private:
  base::SystemClock clock_;
  std::unique_ptr<gateway::EventLoop> loop_;
  std::thread thread_;
  std::unique_ptr<MailLines> lines_;
};

inline messaging::mail::MailServer server_at(std::uint16_t port, const std::string& user,
                                             std::string_view password = "secret") {
  messaging::mail::MailServer out;
  out.host = "127.0.0.1";
  out.port = port;
  out.security = messaging::mail::MailSecurity::plain;
  out.user = user;
  out.password.assign(password.begin(), password.end());
  return out;
}

inline MailLogin login_at(std::uint16_t imap, std::uint16_t smtp, const std::string& user,
                          std::string_view password = "secret") {
  MailLogin out;
  out.addr = user + "@example.org";
  out.imap = server_at(imap, user, password);
  out.smtp = server_at(smtp, user, password);
  return out;
}

inline LineKey line(std::uint32_t account = 1, std::int64_t transport = 1) {
  return {base::AccountId(account), transport};
}

// The answer of something that is answered once.
template <class T, class F>
base::Result<T> answer_of(F ask) {
  auto promise = std::make_shared<std::promise<base::Result<T>>>();
  ask(base::Completion<T>(
      [promise](base::Result<T> result) { promise->set_value(std::move(result)); }));
  auto future = promise->get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  return future.get();
}

}  // namespace mail_test
