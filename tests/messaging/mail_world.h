// MailWorld: gateways of a World whose accounts are reached by mail, and the mail servers between
// them, in memory: a mailbox for each address, which keeps its mails until they are acknowledged.
// Mails may be held, doubled and reordered; a submission may fail, or its answer be lost.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/parts.h"
#include "messaging/mail/form/relay_rules.h"
#include "messaging/mail/mail_identity.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/mail/mail_transport.h"
#include "store/tables/mail_logins.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/pictures.h"
#include "tests/support/world.h"

namespace test {

// What the servers hold. Safe from any thread.
class MailServers {
 public:
  struct Stored {
    std::uint32_t uid = 0;
    base::Bytes text;
  };

  void add_box(const std::string& addr) {
    base::Lock lock(mutex_);
    boxes_[addr];
  }
  // As SMTP takes a mail: it lies in each recipient's mailbox. The recipients that do not exist.
  std::vector<std::string> deliver(const messaging::mail::Mail& mail) {
    const auto rules = messaging::mail::check_relay_rules(
        {reinterpret_cast<const char*>(mail.text.data()), mail.text.size()}, mail.from);
    base::Lock lock(mutex_);
    if (!rules) broken_rules_.push_back(rules.error().message);
    ++submitted_;
    sent_.push_back(mail);
    std::vector<std::string> unknown;
    for (const std::string& to : mail.recipients) {
      const auto box = boxes_.find(to);
      if (box == boxes_.end()) {
        unknown.push_back(to);
      } else {
        box->second.mails.push_back({++box->second.last_uid, mail.text});
      }
    }
    return unknown;
  }
  // The next mail of the box at `uid` or above, unless the box is held.
  std::optional<Stored> next(const std::string& addr, std::uint32_t uid) const {
    base::Lock lock(mutex_);
    const Box& box = boxes_.at(addr);
    if (box.held) return std::nullopt;
    for (const Stored& mail : box.mails) {
      if (mail.uid >= uid) return mail;
    }
    return std::nullopt;
  }
  std::optional<Stored> at(const std::string& addr, std::uint32_t uid) const {
    base::Lock lock(mutex_);
    for (const Stored& mail : boxes_.at(addr).mails) {
      if (mail.uid == uid) return mail;
    }
    return std::nullopt;
  }
  // All boxes are numbered anew, from 1001 on.
  void number_anew() {
    base::Lock lock(mutex_);
    ++validity_;
    for (auto& [addr, box] : boxes_) {
      for (Stored& mail : box.mails) mail.uid += 1000;
      box.last_uid += 1000;
    }
  }
  std::uint32_t validity() const {
    base::Lock lock(mutex_);
    return validity_;
  }
  void clear(const std::string& addr) {
    base::Lock lock(mutex_);
    boxes_.at(addr).mails.clear();
  }
  void remove(const std::string& addr, std::uint32_t uid) {
    base::Lock lock(mutex_);
    std::erase_if(boxes_.at(addr).mails, [&](const Stored& mail) { return mail.uid == uid; });
  }
  // Of a held box: the mail that came last does not lie there any more.
  base::Bytes take_newest(const std::string& addr) {
    base::Lock lock(mutex_);
    std::vector<Stored>& mails = boxes_.at(addr).mails;
    base::Bytes text = std::move(mails.back().text);
    mails.pop_back();
    return text;
  }
  std::size_t count(const std::string& addr) const {
    base::Lock lock(mutex_);
    return boxes_.at(addr).mails.size();
  }
  // The box shows nothing until it is released.
  void hold(const std::string& addr, bool held) {
    base::Lock lock(mutex_);
    boxes_.at(addr).held = held;
  }
  // Everything in a held box lies there twice, newest first.
  void double_and_reverse(const std::string& addr) {
    base::Lock lock(mutex_);
    Box& box = boxes_.at(addr);
    std::vector<Stored> mails(box.mails.rbegin(), box.mails.rend());
    mails.insert(mails.end(), box.mails.rbegin(), box.mails.rend());
    box.mails.clear();
    for (Stored& mail : mails) box.mails.push_back({++box.last_uid, std::move(mail.text)});
  }
  void put(const std::string& addr, base::Bytes text) {
    base::Lock lock(mutex_);
    Box& box = boxes_.at(addr);
    box.mails.push_back({++box.last_uid, std::move(text)});
  }
  std::size_t submitted() const {
    base::Lock lock(mutex_);
    return submitted_;
  }
  std::vector<messaging::mail::Mail> sent() const {
    base::Lock lock(mutex_);
    return sent_;
  }
  // Of mails that a chatmail relay would refuse.
  std::vector<std::string> broken_rules() const {
    base::Lock lock(mutex_);
    return broken_rules_;
  }

 private:
  struct Box {
    std::vector<Stored> mails;
    std::uint32_t last_uid = 0;
    bool held = false;
  };
  mutable base::Mutex mutex_;
  std::map<std::string, Box> boxes_ GUARDED_BY(mutex_);
  std::uint32_t validity_ GUARDED_BY(mutex_) = 1;
  std::size_t submitted_ GUARDED_BY(mutex_) = 0;
  std::vector<messaging::mail::Mail> sent_ GUARDED_BY(mutex_);
  std::vector<std::string> broken_rules_ GUARDED_BY(mutex_);
};

// One gateway's lines to the servers, with a thread of its own.
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

  // The answers to the next submissions; `lost`: the mail was accepted and nobody hears so.
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
    watched_ = {line, login.addr, std::max<std::uint32_t>(cursor.next_uid, 1), false};
    news_.notify_all();
  }
  void unwatch(messaging::mail::LineKey) override {
    base::Lock lock(mutex_);
    watched_.reset();
    receiver_ = nullptr;
  }
  void forget(AccountId) override { unwatch({}); }
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
  messaging::mail::MailReceiver* receiver_ GUARDED_BY(mutex_) = nullptr;
  Weather weather_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool cut_ GUARDED_BY(mutex_) = false;
  std::size_t fetches_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

// alice and bob of a World, each reached at "<name>@mail.test".
class MailWorld : public World {
 public:
  explicit MailWorld(unsigned seed = 1)
      : World(seed), alices_mails_(servers), bobs_mails_(servers) {
    make_mail(alice, alices_mails_);
    make_mail(bob, bobs_mails_);
  }
  ~MailWorld() {
    stop(alice, alices_mails_);
    stop(bob, bobs_mails_);
  }
  // What waits to be sent.
  std::size_t outbox(Peer& peer) {
    auto reader = peer.store().read();
    REQUIRE(reader);
    return static_cast<std::size_t>(
        reader->connection().integer("SELECT count(*) FROM outbox").value_or(-1).value_or(-1));
  }
  FakeMails& alices_mails() { return alices_mails_; }
  FakeMails& bobs_mails() { return bobs_mails_; }

  static std::string addr(const Peer& peer) { return peer.name() + "@mail.test"; }

  // As a kill at this moment and a new start.
  void restart(Peer& peer, FakeMails& mails) {
    stop(peer, mails);
    start(peer, mails);
  }
  void stop(Peer& peer, FakeMails& mails) {
    mails.close();
    peer.stop();
  }
  void start(Peer& peer, FakeMails& mails) {
    peer.start();
    watch(peer, mails);
  }

  MailServers servers;

 protected:
  void make_mail(Peer& peer, FakeMails& mails) {
    servers.add_box(addr(peer));
    peer.set_mails(&mails);
    {
      BareGateway bare(*this, peer);
      bare.write([&](const kernel::WriteContext& write) -> base::Result<> {
        EDGE_CHECK(messaging::mail::become_mail_account(write, addr(peer)));
        store::MailLoginRow row;
        EDGE_TRY(row.id, write.tx.next_id(write.account.id, "mail_login"));
        row.primary = true;
        row.addr = addr(peer);
        messaging::mail::StoredLogin stored;
        stored.login.addr = row.addr;
        stored.login.imap.host = stored.login.smtp.host = "mail.test";
        row.login = messaging::mail::encode_login(stored);
        EDGE_CHECK(store::insert_mail_login(write.scope, row));
        return store::set_primary_mail_login(write.scope, row.id);
      });
    }
    start(peer, mails);
    peer.set_config("displayname", peer.name());
  }
  static void watch(Peer& peer, FakeMails& mails) {
    const auto found = peer.store().write_now<std::vector<store::MailLoginRow>>(
        [&](store::Tx& tx) -> base::Result<std::vector<store::MailLoginRow>> {
          EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
          const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
          return store::list_mail_logins({tx.db(), tx.vault(), key, Peer::kAccount});
        });
    REQUIRE(found);
    const auto& row = found->front();
    const auto login = messaging::mail::login_of(row);
    REQUIRE(login);
    mails.watch({Peer::kAccount, row.id}, *login, {row.cursor.uid_validity, row.cursor.next_uid},
                {});
  }

 private:
  FakeMails alices_mails_, bobs_mails_;
};

}  // namespace test
