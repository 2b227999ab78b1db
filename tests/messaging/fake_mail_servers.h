// MailServers: the mail servers of a test, in memory: a mailbox for each address, which keeps its
// mails until they are acknowledged. Mails may be held, doubled and reordered.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "messaging/mail/form/relay_rules.h"
#include "messaging/mail/mail_transport.h"

namespace test {

// Safe from any thread.
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

}  // namespace test
