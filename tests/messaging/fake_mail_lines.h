// FakeMails: one gateway's lines to MailServers, with a thread of its own. A submission may fail,
// or its answer be lost.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "messaging/mail/mail_transport.h"
#include "tests/messaging/fake_mail_servers.h"
#include "tests/support/world.h"

namespace test {

class FakeMails final : public messaging::mail::MailTransport {
 public:
  FakeMails(MailServers& servers) : servers_(servers), thread_([this] { run(); }) {}
  ~FakeMails() override {
    {
      base::Lock lock(mutex_);
      closed_ = true;
      news_.notify_all();
    }
    thread_.join();
  }

  // The answers to the next submissions; `lost`: the mail was accepted, and the answer does not
  // come.
  struct Weather {
    std::optional<messaging::mail::SubmitReply> reply = std::nullopt;
    bool lost = false;
    std::vector<std::string> deferred = {};  // recipients who are answered 4xx
    std::vector<std::string> refused = {};   // and 5xx
  };
  void set(Weather weather) {
    base::Lock lock(mutex_);
    weather_ = std::move(weather);
    tries_ = 0;
  }

  std::size_t tries() const {  // since the last set()
    base::Lock lock(mutex_);
    return tries_;
  }
  // What is taken stays on the server, and nobody learns how far the box was read.
  void forget_acknowledgements(bool forget) {
    base::Lock lock(mutex_);
    forgetful_ = forget;
  }

  void set_receiver(messaging::mail::MailReceiver& receiver) override {
    base::Lock lock(mutex_);
    receiver_ = &receiver;
    open_ = true;
  }
  // As the daemon closes its lines before it stops: what waits is answered with an error, and
  // nothing is called any more when this returns, until the next set_receiver().
  void close() {
    std::deque<Job> waiting;
    {
      base::Lock lock(mutex_);
      open_ = false;
      watched_.reset();
      receiver_ = nullptr;
      waiting.swap(jobs_);
      while (busy_) idle_.wait(mutex_);
    }
    for (const Job& job : waiting) job(false);
  }
  void configure(messaging::mail::LoginRequest, std::function<void(int)>, std::function<bool()>,
                 base::Completion<messaging::mail::Configured> done) override {
    done(base::fail(base::Errc::internal, "not in this world"));
  }
  void submit(messaging::mail::LineKey, messaging::mail::MailLogin, messaging::mail::Mail mail,
              base::Completion<messaging::mail::SubmitReply> done) override {
    auto shared = std::make_shared<base::Completion<messaging::mail::SubmitReply>>(std::move(done));
    post([this, mail = std::move(mail), shared](bool open) {
      if (!open) return (*shared)(base::fail(base::Errc::unavailable, "the lines are closed"));
      Weather weather;
      {
        base::Lock lock(mutex_);
        weather = weather_;
        ++tries_;
      }
      if (weather.reply) return (*shared)(*weather.reply);
      messaging::mail::SubmitReply reply;
      reply.outcome = messaging::mail::SubmitOutcome::accepted;
      messaging::mail::Mail taken = mail;
      std::erase_if(taken.recipients, [&](const std::string& addr) {
        const bool deferred = std::ranges::count(weather.deferred, addr) != 0;
        const bool refused = std::ranges::count(weather.refused, addr) != 0;
        if (deferred) reply.deferred.push_back({addr, "452 4.2.2 <" + addr + ">: mailbox full"});
        if (refused) reply.refused.push_back({addr, "550 5.7.1 <" + addr + ">: not from you"});
        return deferred || refused;
      });
      if (!taken.recipients.empty()) {
        for (const std::string& addr : servers_.deliver(taken)) {
          reply.refused.push_back({addr, "550 5.1.1 <" + addr + ">: no such mailbox"});
        }
      }
      if (reply.refused.size() + reply.deferred.size() == mail.recipients.size()) {
        reply.outcome = reply.deferred.empty() ? messaging::mail::SubmitOutcome::refused
                                               : messaging::mail::SubmitOutcome::later;
        reply.words = (reply.deferred.empty() ? reply.refused : reply.deferred).front().words;
      }
      if (weather.lost) return (*shared)(messaging::mail::SubmitReply{});
      (*shared)(std::move(reply));
    });
  }
  void watch(messaging::mail::LineKey line, messaging::mail::MailLogin login,
             messaging::mail::MailCursor cursor, messaging::mail::WatchOptions) override {
    base::Lock lock(mutex_);
    logins_watched_.insert(line);
    if (watched_ && watched_->line != line) return;  // only the first one is read
    watched_ = {line, login.addr, std::max<std::uint32_t>(cursor.next_uid, 1), false};
    news_.notify_all();
  }
  void unwatch(messaging::mail::LineKey line) override {
    base::Lock lock(mutex_);
    logins_watched_.erase(line);
    if (watched_ && watched_->line == line) watched_.reset();
  }
  void forget(AccountId) override {
    base::Lock lock(mutex_);
    logins_watched_.clear();
    watched_.reset();
    receiver_ = nullptr;
  }
  bool watches(messaging::mail::LineKey line) const {
    base::Lock lock(mutex_);
    return logins_watched_.contains(line);
  }
  void fetch(messaging::mail::LineKey line, messaging::mail::MailPlace place,
             base::Completion<bool> done) override {
    messaging::mail::MailReceiver* receiver = nullptr;
    std::string addr;
    bool cut = false;
    {
      base::Lock lock(mutex_);
      ++fetches_;
      cut = cut_ || !watched_ || receiver_ == nullptr;
      receiver = receiver_;
      if (watched_) addr = watched_->addr;
    }
    if (cut) return done(base::fail(base::Errc::unavailable, "no line"));
    const auto mail = servers_.at(addr, place.uid);
    if (!mail || place.uid_validity != servers_.validity()) return done(false);
    auto shared = std::make_shared<base::Completion<bool>>(std::move(done));
    receiver->arrived(line, place, mail->text,
                      [shared](base::Result<messaging::mail::MailTaken> taken) {
                        if (!taken) return (*shared)(std::move(taken).error());
                        (*shared)(true);
                      });
  }
  // Nothing is fetched until the line is there again.
  void cut(bool cut) {
    base::Lock lock(mutex_);
    cut_ = cut;
  }
  std::size_t fetches() const {
    base::Lock lock(mutex_);
    return fetches_;
  }
  // The next mails are looked at, in the order of the server's numbers.
  void look_again(messaging::mail::LineKey line, const std::string& addr) {
    base::Lock lock(mutex_);
    watched_ = {line, addr, 1, false};
    news_.notify_all();
  }
  messaging::mail::MailReceiver* receiver() const {
    base::Lock lock(mutex_);
    return receiver_;
  }
  std::optional<messaging::mail::LineKey> line() const {
    base::Lock lock(mutex_);
    return watched_ ? std::optional(watched_->line) : std::nullopt;
  }
  void remove(messaging::mail::LineKey line, std::vector<messaging::mail::MailPlace> places,
              base::Completion<> done) override {
    std::string addr;
    {
      base::Lock lock(mutex_);
      if (!watched_ || watched_->line != line) {
        return done(base::fail(base::Errc::unavailable, "no line"));
      }
      addr = watched_->addr;
      most_removed_ = std::max(most_removed_, places.size());
    }
    for (const auto& place : places) servers_.remove(addr, place.uid);
    done({});
  }
  std::size_t most_removed() const {  // by one call
    base::Lock lock(mutex_);
    return most_removed_;
  }
  void network_is_back() override {}
  std::vector<messaging::mail::LineStatus> lines(std::optional<AccountId>) const override {
    return {};
  }

 private:
  struct Watched {
    messaging::mail::LineKey line;
    std::string addr;
    std::uint32_t next_uid = 1;
    bool busy = false;
  };

  using Job = std::function<void(bool open)>;

  void post(Job job) {
    {
      base::Lock lock(mutex_);
      if (open_) {
        jobs_.push_back(std::move(job));
        news_.notify_all();
        return;
      }
    }
    job(false);
  }
  void run() {
    for (;;) {
      Job job;
      {
        base::Lock lock(mutex_);
        busy_ = false;
        idle_.notify_all();
        if (closed_) return;
        if (jobs_.empty()) news_.wait_for(mutex_, std::chrono::milliseconds(2));
        if (!jobs_.empty()) {
          job = std::move(jobs_.front());
          jobs_.pop_front();
        }
        busy_ = true;
      }
      if (job) job(true);
      job = nullptr;
      look();
    }
  }
  // Offers the next mail of the watched box, one at a time.
  void look() {
    messaging::mail::MailReceiver* receiver = nullptr;
    Watched watched;
    {
      base::Lock lock(mutex_);
      if (!watched_ || watched_->busy || receiver_ == nullptr) return;
      watched = *watched_;
      receiver = receiver_;
    }
    const auto mail = servers_.next(watched.addr, watched.next_uid);
    if (!mail) return;
    {
      base::Lock lock(mutex_);
      if (!watched_) return;
      watched_->busy = true;
    }
    messaging::mail::MailHead head;
    const std::uint32_t validity = servers_.validity();
    head.place = {validity, mail->uid};
    head.size = mail->text.size();
    const std::string text(mail->text.begin(), mail->text.end());
    const std::string block = text.substr(0, text.find("\r\n\r\n") + 4);
    head.headers.assign(block.begin(), block.end());
    receiver->judge(
        watched.line, {head},
        [this, receiver, watched, validity,
         mail = *mail](base::Result<std::vector<messaging::mail::MailWish>> wishes) {
          using messaging::mail::MailWish;
          if (!wishes || wishes->size() != 1) return settled(watched, mail.uid, false, false);
          if (wishes->front() == MailWish::discard) return settled(watched, mail.uid, true, true);
          if (wishes->front() != MailWish::take) return settled(watched, mail.uid, true, false);
          receiver->arrived(
              watched.line, {validity, mail.uid}, mail.text,
              [this, watched, uid = mail.uid](base::Result<messaging::mail::MailTaken> taken) {
                using messaging::mail::MailTaken;
                const bool done = taken && *taken != MailTaken::again;
                settled(watched, uid, done, done && *taken == MailTaken::taken);
              });
        });
  }
  void settled(const Watched& watched, std::uint32_t uid, bool done, bool remove) {
    messaging::mail::MailReceiver* receiver = nullptr;
    bool forgetful = false;
    {
      base::Lock lock(mutex_);
      forgetful = forgetful_;
      if (watched_) {
        watched_->busy = false;
        if (done) watched_->next_uid = uid + 1;
        if (done && !forgetful) receiver = receiver_;
      }
    }
    if (remove && !forgetful) servers_.remove(watched.addr, uid);
    if (receiver != nullptr) receiver->cursor_moved(watched.line, {servers_.validity(), uid + 1});
  }

  MailServers& servers_;
  mutable base::Mutex mutex_;
  base::Condition news_;
  base::Condition idle_;
  std::size_t tries_ GUARDED_BY(mutex_) = 0;
  bool forgetful_ GUARDED_BY(mutex_) = false;
  std::size_t most_removed_ GUARDED_BY(mutex_) = 0;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool open_ GUARDED_BY(mutex_) = true;
  bool busy_ GUARDED_BY(mutex_) = false;  // the thread calls somebody
  std::optional<Watched> watched_ GUARDED_BY(mutex_);
  std::set<messaging::mail::LineKey> logins_watched_ GUARDED_BY(mutex_);
  messaging::mail::MailReceiver* receiver_ GUARDED_BY(mutex_) = nullptr;
  Weather weather_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool cut_ GUARDED_BY(mutex_) = false;
  std::size_t fetches_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace test
