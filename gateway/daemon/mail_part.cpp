#include "gateway/daemon/mail_part.h"

#include <thread>
#include <utility>

#ifdef EDGE_MAIL
#include "base/mutex.h"
#include "base/thread_start.h"
#include "gateway/loop/event_loop.h"
#include "gateway/mail/mail_lines.h"
#endif

namespace gateway {

#ifdef EDGE_MAIL
namespace {

class RunningMailPart final : public MailPart {
 public:
  RunningMailPart(std::unique_ptr<EventLoop> loop, mail::MailLinesOptions options)
      : loop_(std::move(loop)),
        lines_(
            *loop_, [this] { return start(); }, std::move(options)) {}
  ~RunningMailPart() override { stop(); }

  messaging::mail::MailTransport* transport() override { return &lines_; }

  void stop() override {
    std::thread ended;
    {
      const base::Lock lock(mutex_);
      stopped_ = true;
      ended.swap(thread_);
    }
    if (ended.joinable()) {
      loop_->stop();
      ended.join();
    }
    lines_.close();
  }

 private:
  bool start() {
    const base::Lock lock(mutex_);
    return !stopped_ && base::start_thread(thread_, [this] { loop_->run(); });
  }

  std::unique_ptr<EventLoop> loop_;
  base::Mutex mutex_;
  std::thread thread_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  mail::MailLines lines_;
};

}  // namespace

base::Result<std::unique_ptr<MailPart>> MailPart::make(const base::Clock& clock,
                                                       std::string ca_file) {
  EDGE_TRY(auto loop, EventLoop::create(clock));
  mail::MailLinesOptions options;
  options.line.ca_file = std::move(ca_file);
  return std::make_unique<RunningMailPart>(std::move(loop), std::move(options));
}
#else
namespace {

class NoMailPart final : public MailPart {
 public:
  messaging::mail::MailTransport* transport() override { return nullptr; }
  void stop() override {}
};

}  // namespace

base::Result<std::unique_ptr<MailPart>> MailPart::make(const base::Clock&, std::string) {
  return std::make_unique<NoMailPart>();
}
#endif

}  // namespace gateway
