// An IMAP server as tests want it: small, right by the book, and made to misbehave by knobs.
// Mailboxes are named by the login's user; every password but "wrong" is accepted.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/mutex.h"
#include "tests/gateway/server_line.h"

namespace mail_test {

struct StoredMail {
  std::uint32_t uid = 0;
  std::string text;
  bool seen = false;
  bool deleted = false;
};

struct ImapBox {
  std::uint32_t uid_validity = 77;
  std::uint32_t uid_next = 1;
  std::vector<StoredMail> mails;
  std::vector<std::string> removed;  // texts, in order
  std::vector<std::string> commands;
  // The next connection ends after so many bytes behind its login.
  std::optional<std::size_t> cut;
  std::size_t sent = 0;  // bytes behind the login, of the last connection that was not cut
};

struct ImapKnobs {
  std::string capabilities = "IMAP4rev1 IDLE UIDPLUS QUOTA";
  std::string quota = "10 100";
  std::string select_refusal;  // "NO [UNAVAILABLE] …"
  bool slow = false;           // a byte at a time
  bool uid_next_said = true;
  std::string fetch_refusal;             // of bodies
  std::string unasked;                   // said before the answers to each FETCH
  std::optional<std::size_t> size_said;  // of each mail, instead of its own
  std::string greeting = "* OK ready";
  // Called when a mail is marked as deleted or seen.
  std::function<void(const std::string& user, const std::string& text)> on_settled;
};

// "Message-ID: <id>" and a body.
inline std::string make_mail(const std::string& id, std::size_t body = 10) {
  return "From: <a@example.org>\r\nMessage-ID: <" + id +
         ">\r\nContent-Type: text/plain\r\nSubject: x\r\n\r\n" + std::string(body, 'b') + "\r\n";
}

class ImapServer {
 public:
  explicit ImapServer(ImapKnobs knobs = {})
      : knobs_(std::move(knobs)), listener_([this](Line& line) { Session(*this, line).run(); }) {}

  std::uint16_t port() const { return listener_.port(); }
  int connections() const { return listener_.connections(); }
  void put(const std::string& user, std::string text) {
    const base::Lock lock(mutex_);
    ImapBox& box = boxes_[user];
    box.mails.push_back({box.uid_next++, std::move(text), false, false});
  }
  template <class F>
  auto with(const std::string& user, F work) {
    const base::Lock lock(mutex_);
    return work(boxes_[user]);
  }
  std::size_t count(const std::string& user) {
    return with(user, [](ImapBox& box) { return box.mails.size(); });
  }
  bool was_said(const std::string& user, std::string_view part) {
    return with(user, [&](ImapBox& box) {
      return std::ranges::any_of(box.commands, [&](const std::string& command) {
        return command.find(part) != std::string::npos;
      });
    });
  }

 private:
  class Session {
   public:
    Session(ImapServer& server, Line& line) : server_(server), line_(line) {}
    void run() {
      line_.slow = server_.knobs_.slow;
      if (!line_.send(server_.knobs_.greeting + "\r\n")) return;
      std::string command;
      while (line_.read(command)) {
        if (!answer(command)) return;
      }
    }

   private:
    bool say(const std::string& text) {
      if (!user_.empty()) said_ += text.size() + 2;
      return line_.send(text + "\r\n");
    }
    bool ok(const std::string& tag) { return say(tag + " OK done"); }

    bool answer(const std::string& command) {
      const std::size_t space = command.find(' ');
      const std::string tag = command.substr(0, space);
      const std::string rest = space == std::string::npos ? "" : command.substr(space + 1);
      const std::string lower = base::lower_ascii(rest);
      if (!user_.empty()) {
        server_.with(user_, [&](ImapBox& box) { box.commands.push_back(rest); });
      }
      if (lower == "capability") {
        return say("* CAPABILITY " + server_.knobs_.capabilities) && ok(tag);
      }
      if (lower.starts_with("login ")) return login(tag, rest);
      if (lower.starts_with("select ")) return select(tag);
      if (lower.starts_with("getquotaroot")) {
        return say("* QUOTAROOT INBOX \"\"") &&
               say("* QUOTA \"\" (STORAGE " + server_.knobs_.quota + ")") && ok(tag);
      }
      if (lower.starts_with("uid search uid ")) return search(tag, rest.substr(15));
      if (lower.starts_with("uid fetch ")) return fetch(tag, rest.substr(10));
      if (lower.starts_with("uid store ")) return store(tag, rest.substr(10));
      if (lower.starts_with("uid expunge ")) return expunge(tag, rest.substr(12));
      if (lower == "expunge") return expunge(tag, "1:*");
      if (lower == "noop") return news() && ok(tag);
      if (lower == "idle") return idle(tag);
      if (lower == "logout") return false;
      return say(tag + " BAD what?");
    }

    bool login(const std::string& tag, const std::string& rest) {
      const std::string words = rest.substr(6);
      std::string user = words.substr(0, words.find(' '));
      std::string password = words.substr(words.find(' ') + 1);
      std::erase(user, '"');
      std::erase(password, '"');
      if (password == "wrong")
        return say(tag + " NO [AUTHENTICATIONFAILED] Authentication failed.");
      if (!say(tag + " OK logged in")) return false;
      user_ = user;
      server_.with(user_, [&](ImapBox& box) {
        line_.cut_after = std::exchange(box.cut, std::nullopt);
        known_ = box.mails.size();
      });
      return true;
    }

    bool select(const std::string& tag) {
      if (!server_.knobs_.select_refusal.empty()) {
        return say(tag + " " + server_.knobs_.select_refusal);
      }
      ImapBox box = server_.with(user_, [](ImapBox& at) { return at; });
      known_ = box.mails.size();
      return say("* FLAGS (\\Answered \\Deleted \\Seen)") &&
             say("* " + std::to_string(known_) + " EXISTS") && say("* 0 RECENT") &&
             say("* OK [UIDVALIDITY " + std::to_string(box.uid_validity) + "] UIDs valid") &&
             (!server_.knobs_.uid_next_said ||
              say("* OK [UIDNEXT " + std::to_string(box.uid_next) + "] Predicted next UID")) &&
             say(tag + " OK [READ-WRITE] Select completed");
    }

    // "3,5:7,9:*" has it; "*" is the last mail, whatever its number.
    static bool in_set(const std::string& set, std::uint32_t uid, std::uint32_t last) {
      const auto number = [&](const std::string& text) {
        return text == "*" ? last : static_cast<std::uint32_t>(std::stoul(text));
      };
      std::size_t at = 0;
      while (at < set.size()) {
        std::size_t end = set.find(',', at);
        if (end == std::string::npos) end = set.size();
        const std::string part = set.substr(at, end - at);
        const std::size_t colon = part.find(':');
        const std::uint32_t a = number(part.substr(0, colon));
        const std::uint32_t b = colon == std::string::npos ? a : number(part.substr(colon + 1));
        if (uid >= std::min(a, b) && uid <= std::max(a, b)) return true;
        at = end + 1;
      }
      return false;
    }

    template <class F>
    void each(const std::string& set, F work) {
      server_.with(user_, [&](ImapBox& box) {
        const std::uint32_t last = box.mails.empty() ? 0 : box.mails.back().uid;
        for (std::size_t i = 0; i < box.mails.size(); ++i) {
          if (in_set(set, box.mails[i].uid, last)) work(i, box.mails[i]);
        }
      });
    }

    bool search(const std::string& tag, const std::string& set) {
      std::string found = "* SEARCH";
      each(set, [&](std::size_t, StoredMail& mail) { found += " " + std::to_string(mail.uid); });
      return say(found) && ok(tag);
    }

    bool fetch(const std::string& tag, const std::string& rest) {
      const std::string set = rest.substr(0, rest.find(' '));
      const bool whole = rest.find("BODY.PEEK[])") != std::string::npos;
      if (whole && !server_.knobs_.fetch_refusal.empty()) {
        return say(tag + " " + server_.knobs_.fetch_refusal);
      }
      if (!server_.knobs_.unasked.empty() && !say(server_.knobs_.unasked)) return false;
      std::vector<std::string> answers;
      each(set, [&](std::size_t i, StoredMail& mail) {
        std::string out = "* " + std::to_string(i + 1) + " FETCH (UID " + std::to_string(mail.uid);
        if (whole) {
          out += " BODY[] {" + std::to_string(mail.text.size()) + "}\r\n" + mail.text + ")";
        } else {
          const std::string head = mail.text.substr(0, mail.text.find("\r\n\r\n") + 4);
          const std::size_t size = server_.knobs_.size_said.value_or(mail.text.size());
          out += " RFC822.SIZE " + std::to_string(size) + " FLAGS (" + (mail.seen ? "\\Seen" : "") +
                 ") BODY[HEADER.FIELDS (MESSAGE-ID)] {" + std::to_string(head.size()) + "}\r\n" +
                 head + ")";
        }
        answers.push_back(std::move(out));
      });
      for (const std::string& out : answers) {
        if (!say(out)) return false;
      }
      return ok(tag);
    }

    bool store(const std::string& tag, const std::string& rest) {
      const bool removes = rest.find("\\Deleted") != std::string::npos;
      std::vector<std::string> settled;
      each(rest.substr(0, rest.find(' ')), [&](std::size_t, StoredMail& mail) {
        (removes ? mail.deleted : mail.seen) = true;
        settled.push_back(mail.text);
      });
      for (const std::string& text : settled) {
        if (server_.knobs_.on_settled) server_.knobs_.on_settled(user_, text);
      }
      return ok(tag);
    }

    bool expunge(const std::string& tag, const std::string& set) {
      std::vector<std::size_t> gone;
      each(set, [&](std::size_t i, StoredMail& mail) {
        if (mail.deleted) gone.push_back(i + 1 - gone.size());
      });
      server_.with(user_, [&](ImapBox& box) {
        for (const std::size_t number : gone) {
          const auto at = box.mails.begin() + static_cast<std::ptrdiff_t>(number - 1);
          box.removed.push_back(at->text);
          box.mails.erase(at);
        }
      });
      known_ -= gone.size();
      for (const std::size_t number : gone) {
        if (!say("* " + std::to_string(number) + " EXPUNGE")) return false;
      }
      return ok(tag);
    }

    bool news() {
      const std::size_t now = server_.count(user_);
      if (now == known_) return true;
      known_ = now;
      return say("* " + std::to_string(now) + " EXISTS");
    }

    bool idle(const std::string& tag) {
      if (server_.knobs_.capabilities.find("IDLE") == std::string::npos) {
        return say(tag + " BAD no IDLE");
      }
      const std::size_t said = said_;
      server_.with(user_, [&](ImapBox& box) { box.sent = said; });
      if (!say("+ idling")) return false;
      while (!line_.has_line()) {
        if (!news()) return false;
        if (!line_.more(2) && line_.closed()) return false;
      }
      std::string done;
      return line_.read(done) && ok(tag);
    }

    ImapServer& server_;
    Line& line_;
    std::string user_;
    std::size_t known_ = 0;
    std::size_t said_ = 0;
  };

  const ImapKnobs knobs_;
  base::Mutex mutex_;
  std::map<std::string, ImapBox> boxes_;
  Listener listener_;
};

}  // namespace mail_test
