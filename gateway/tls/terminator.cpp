#include "gateway/tls/terminator.h"

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "base/log.h"
#include "gateway/tls/certificate.h"
#include "gateway/tls/pump.h"

namespace gateway {
namespace {

constexpr base::Millis kStopGrace = 500;

}  // namespace

class TlsTerminator::Impl final : public TlsPumpHost {
 public:
  Impl(std::shared_ptr<Certificate> certificate, OnShaken on_shaken, TlsOptions options,
       std::unique_ptr<EventLoop> loop)
      : certificate_(std::move(certificate)),
        on_shaken_(std::move(on_shaken)),
        options_(options),
        loop_(std::move(loop)),
        sweep_(*loop_, [this] { sweep(); }),
        give_up_(*loop_, [this] { close_all(); }) {
    sweep_.arm(options_.sweep_interval);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~Impl() { stop(); }

  void accept(AcceptedSocket socket) {
    loop_->post([this, socket = std::move(socket)]() mutable { begin(std::move(socket)); });
  }

  TlsStats stats() const { return {.open = open_, .handshakes = handshakes_, .failed = failed_}; }

  void stop() {
    if (!thread_.joinable()) return;
    loop_->post([this] {
      stopping_ = true;
      sweep_.disarm();
      // The server's ends are closed by now: what came before that goes out first.
      for (std::size_t i = pumps_.size(); i-- > 0;) pumps_[i]->run();
      for (std::size_t i = pumps_.size(); i-- > 0;) {
        if (i < pumps_.size() && pumps_[i]->idle()) pumps_[i]->close();
      }
      if (pumps_.empty()) return loop_->stop();
      give_up_.arm(kStopGrace);
    });
    thread_.join();
  }

  // ---- the terminator's thread -------------------------------------------------------------

  const OpensslApi& api() const override { return certificate_->api(); }
  std::array<char, 16 * 1024>& scratch() override { return scratch_; }
  void failed() override { failed_.fetch_add(1, std::memory_order_relaxed); }
  void shaken(AcceptedSocket plain) override {
    handshakes_.fetch_add(1, std::memory_order_relaxed);
    on_shaken_(std::move(plain));
  }

  void closed(TlsPump& pump) override {
    const std::size_t place = pump.place;
    if (place >= pumps_.size() || pumps_[place].get() != &pump) return;  // never entered
    graveyard_.push_back(std::move(pumps_[place]));
    if (place + 1 < pumps_.size()) {
      pumps_[place] = std::move(pumps_.back());
      pumps_[place]->place = place;
    }
    pumps_.pop_back();
    open_.store(pumps_.size(), std::memory_order_relaxed);
    if (graveyard_.size() == 1) loop_->defer([this] { graveyard_.clear(); });
    if (stopping_ && pumps_.empty()) loop_->stop();
  }

 private:
  void begin(AcceptedSocket socket) {
    if (stopping_) return;
    auto context = certificate_->get();
    Ssl ssl(api().ssl_new(context.get()), {&api()});
    if (!ssl) return base::log::error("a TLS connection is dropped: {}", api().reason());
    auto pump = std::make_unique<TlsPump>(*this, *loop_, std::move(socket), std::move(context),
                                          std::move(ssl));
    pump->place = pumps_.size();
    pumps_.push_back(std::move(pump));
    open_.store(pumps_.size(), std::memory_order_relaxed);
    TlsPump& entered = *pumps_.back();
    if (entered.begin(options_.handshake_timeout)) {
      entered.run();
    } else {
      entered.close();
    }
  }

  void sweep() {
    for (std::size_t i = pumps_.size(); i-- > 0;) pumps_[i]->sweep(2 * options_.sweep_interval);
    sweep_.arm(options_.sweep_interval);
  }

  void close_all() {
    while (!pumps_.empty()) pumps_.back()->close();
    loop_->stop();
  }

  const std::shared_ptr<Certificate> certificate_;
  const OnShaken on_shaken_;
  const TlsOptions options_;
  std::unique_ptr<EventLoop> loop_;
  Timer sweep_;
  Timer give_up_;
  std::array<char, 16 * 1024> scratch_{};
  std::vector<std::unique_ptr<TlsPump>> pumps_;
  std::vector<std::unique_ptr<TlsPump>> graveyard_;
  bool stopping_ = false;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::uint64_t> handshakes_{0}, failed_{0};
  std::thread thread_;
};

base::Result<std::unique_ptr<TlsTerminator>> TlsTerminator::start(
    std::shared_ptr<Certificate> certificate, const base::Clock& clock, OnShaken on_shaken,
    TlsOptions options) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  EDGE_TRY(auto loop, EventLoop::create(clock));
  return std::unique_ptr<TlsTerminator>(new TlsTerminator(std::make_unique<Impl>(
      std::move(certificate), std::move(on_shaken), options, std::move(loop))));
}

TlsTerminator::TlsTerminator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsTerminator::~TlsTerminator() = default;
void TlsTerminator::accept(AcceptedSocket socket) { impl_->accept(std::move(socket)); }
TlsStats TlsTerminator::stats() const { return impl_->stats(); }
void TlsTerminator::stop() { impl_->stop(); }

}  // namespace gateway
