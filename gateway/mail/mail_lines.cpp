#include "gateway/mail/mail_lines.h"

#include <list>
#include <utility>

namespace gateway::mail {
namespace {

using messaging::mail::LineKey;
using messaging::mail::LineStatus;

base::Error stopping() {
  return base::fail(base::Errc::unavailable, "the lines to mail servers have stopped");
}

MailLinesOptions with_trust(MailLinesOptions options) {
  options.line.trust = std::make_shared<TrustStore>();
  return options;
}

}  // namespace

class MailLines::Impl {
 public:
  Impl(EventLoop& loop, MailLinesOptions options, MailLines& owner)
      : loop_(loop),
        options_(with_trust(std::move(options))),
        owner_(owner),
        curl_(std::make_unique<CurlLoop>(loop)),
        connecting_(options_.connecting_at_once),
        sending_(options_.sending_at_once),
        bytes_(options_.bytes_under_way) {}
  ~Impl() {
    lines_.clear();
    finders_.clear();
    curl_.reset();  // and the connections that were to be destroyed later, which give their turns
                    // back
  }

  void configure(messaging::mail::LoginRequest request, std::function<void(int)> progress,
                 std::function<bool()> stop, LoginFinder::Done done) {
    FinderOptions options = options_.finder;
    options.line = options_.line;
    const auto place = finders_.emplace(finders_.end());
    *place = std::make_unique<LoginFinder>(
        loop_, *curl_, std::move(options), std::move(request), std::move(progress), std::move(stop),
        [this, place] { finders_.erase(place); }, std::move(done));
    (*place)->start();
  }

  void submit(LineKey key, messaging::mail::MailLogin login, messaging::mail::Mail mail,
              base::Completion<messaging::mail::SubmitReply> done) {
    Line& line = line_of(key, login.addr);
    if (!line.queue) {
      line.queue = std::make_unique<SmtpQueue>(SmtpQueue::Around{
          loop_, *curl_, sending_, options_.line, options_.smtp,
          [this, key](messaging::mail::LineState state, std::string words, bool accepted) {
            const auto found = lines_.find(key);
            if (found == lines_.end()) return;
            LineStatus& status = found->second.status;
            status.smtp = state;
            status.smtp_words = std::move(words);
            if (accepted) ++status.mails_out;
            show(status);
          }});
    }
    line.queue->submit(std::move(login), std::move(mail), std::move(done));
  }

  void watch(LineKey key, messaging::mail::MailLogin login, messaging::mail::MailCursor cursor,
             messaging::mail::WatchOptions options, messaging::mail::MailReceiver& receiver) {
    Line& line = line_of(key, login.addr);
    if (line.mailbox && line.mailbox->is_for(login, options)) return line.mailbox->try_now();
    line.status.addr = login.addr;
    line.mailbox.reset();
    line.mailbox = std::make_unique<Mailbox>(
        Mailbox::Around{loop_, *curl_, receiver, connecting_, bytes_,
                        [this, key](const LineStatus& seen) { on_mailbox(key, seen); },
                        options_.line, options_.times},
        key, std::move(login), cursor, options);
  }

  void unwatch(LineKey key) {
    lines_.erase(key);
    owner_.forget_status(key);
  }

  void forget(base::AccountId account) {
    for (auto at = lines_.begin(); at != lines_.end();) {
      const LineKey key = at->first;
      ++at;
      if (key.account == account) unwatch(key);
    }
  }

  Mailbox* mailbox(LineKey key) {
    const auto found = lines_.find(key);
    return found == lines_.end() ? nullptr : found->second.mailbox.get();
  }

  void network_is_back() {
    for (auto& [key, line] : lines_) {
      if (line.mailbox) line.mailbox->try_now();
    }
  }

 private:
  struct Line {
    LineStatus status;
    std::unique_ptr<Mailbox> mailbox;
    std::unique_ptr<SmtpQueue> queue;
  };

  Line& line_of(LineKey key, const std::string& addr) {
    Line& line = lines_[key];
    line.status.key = key;
    if (line.status.addr.empty()) {
      line.status.addr = addr;
      line.status.smtp = messaging::mail::LineState::connected;
    }
    return line;
  }

  void on_mailbox(LineKey key, const LineStatus& seen) {
    const auto found = lines_.find(key);
    if (found == lines_.end()) return;
    LineStatus& status = found->second.status;
    LineStatus merged = seen;
    merged.smtp = status.smtp;
    merged.smtp_words = status.smtp_words;
    merged.mails_out = status.mails_out;
    if (merged == status) return;
    status = std::move(merged);
    show(status);
  }

  void show(const LineStatus& status) { owner_.note_status(status); }

  EventLoop& loop_;
  const MailLinesOptions options_;
  MailLines& owner_;
  std::unique_ptr<CurlLoop> curl_;
  Turns connecting_;
  Turns sending_;
  Turns bytes_;
  std::map<LineKey, Line> lines_;
  std::list<std::unique_ptr<LoginFinder>> finders_;
};

MailLines::MailLines(EventLoop& loop, std::function<bool()> start, MailLinesOptions options)
    : loop_(loop),
      start_(std::move(start)),
      impl_(std::make_unique<Impl>(loop, std::move(options), *this)) {}

MailLines::~MailLines() { close(); }

void MailLines::close() {
  {
    const base::Lock lock(mutex_);
    closed_ = true;
  }
  impl_.reset();
}

bool MailLines::begin() {
  const base::Lock lock(mutex_);
  if (closed_) return false;
  if (!started_) started_ = !start_ || start_();
  return started_;
}

template <class F>
bool MailLines::on_loop(F work) {
  if (!begin()) return false;
  loop_.post([this, work = std::move(work)]() mutable {
    if (impl_) work(*impl_);
  });
  return true;
}

void MailLines::set_receiver(messaging::mail::MailReceiver& receiver) {
  const base::Lock lock(mutex_);
  receiver_ = &receiver;
}

messaging::mail::MailReceiver* MailLines::receiver() const {
  const base::Lock lock(mutex_);
  return receiver_;
}

// A completion that is dropped unanswered answers with an internal error: closed lines say more.
void MailLines::configure(messaging::mail::LoginRequest request,
                          std::function<void(int permille)> progress, std::function<bool()> stop,
                          base::Completion<messaging::mail::Configured> done) {
  if (!begin()) return done(stopping());
  on_loop([request = std::move(request), progress = std::move(progress), stop = std::move(stop),
           done = std::move(done)](Impl& impl) mutable {
    impl.configure(std::move(request), std::move(progress), std::move(stop), std::move(done));
  });
}

void MailLines::submit(LineKey line, messaging::mail::MailLogin login, messaging::mail::Mail mail,
                       base::Completion<messaging::mail::SubmitReply> done) {
  if (!begin()) return done(stopping());
  on_loop([line, login = std::move(login), mail = std::move(mail),
           done = std::move(done)](Impl& impl) mutable {
    impl.submit(line, std::move(login), std::move(mail), std::move(done));
  });
}

void MailLines::watch(LineKey line, messaging::mail::MailLogin login,
                      messaging::mail::MailCursor cursor, messaging::mail::WatchOptions options) {
  messaging::mail::MailReceiver* const to = receiver();
  if (to == nullptr) return;
  on_loop([line, login = std::move(login), cursor, options, to](Impl& impl) mutable {
    impl.watch(line, std::move(login), cursor, options, *to);
  });
}

void MailLines::unwatch(LineKey line) {
  on_loop([line](Impl& impl) { impl.unwatch(line); });
}

void MailLines::forget(base::AccountId account) {
  {
    const base::Lock lock(mutex_);
    if (!started_) return;
  }
  on_loop([account](Impl& impl) { impl.forget(account); });
}

void MailLines::fetch(LineKey line, messaging::mail::MailPlace place, base::Completion<bool> done) {
  if (!begin()) return done(stopping());
  on_loop([line, place, done = std::move(done)](Impl& impl) mutable {
    if (Mailbox* const mailbox = impl.mailbox(line)) return mailbox->fetch(place, std::move(done));
    done(base::fail(base::Errc::unavailable, "there is no such line to a mail server"));
  });
}

void MailLines::remove(LineKey line, std::vector<messaging::mail::MailPlace> places,
                       base::Completion<> done) {
  if (!begin()) return done(stopping());
  on_loop([line, places = std::move(places), done = std::move(done)](Impl& impl) mutable {
    if (Mailbox* const mailbox = impl.mailbox(line)) {
      return mailbox->remove(std::move(places), std::move(done));
    }
    done(base::fail(base::Errc::unavailable, "there is no such line to a mail server"));
  });
}

void MailLines::network_is_back() {
  {
    const base::Lock lock(mutex_);
    if (!started_) return;
  }
  on_loop([](Impl& impl) { impl.network_is_back(); });
}

void MailLines::note_status(const LineStatus& status) {
  messaging::mail::MailReceiver* to = nullptr;
  {
    const base::Lock lock(mutex_);
    status_[status.key] = status;
    to = receiver_;
  }
  if (to != nullptr) to->status_changed(status);
}

void MailLines::forget_status(LineKey line) {
  const base::Lock lock(mutex_);
  status_.erase(line);
}

std::vector<LineStatus> MailLines::lines(std::optional<base::AccountId> account) const {
  const base::Lock lock(mutex_);
  std::vector<LineStatus> out;
  for (const auto& [key, status] : status_) {
    if (!account || key.account == *account) out.push_back(status);
  }
  return out;
}

}  // namespace gateway::mail
