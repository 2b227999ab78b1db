// One gateway without sockets: a store in a temporary folder, an engine and the service, joined as
// the daemon joins them. Accounts of the same engine reach each other without a network.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "messaging/api/engine.h"
#include "rpc/service.h"
#include "store/schema/migrations.h"
#include "store/store.h"

class OneGateway {
 public:
  OneGateway() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rpc-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    dir_ = pattern;
    open();
  }
  ~OneGateway() {
    close();
    std::filesystem::remove_all(dir_);
  }
  OneGateway(const OneGateway&) = delete;
  OneGateway& operator=(const OneGateway&) = delete;

  // As a daemon that is stopped and started again. service() is another object then.
  void restart() {
    close();
    open();
  }

  rpc::Service& service() { return *service_; }
  messaging::Engine& engine() { return *engine_; }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  void open() {
    store::StoreOptions store_options;
    store_options.dir = dir_ / "accounts";
    store_options.migrations = store::migrations();
    store_options.clock = &clock_;
    store_ = need(store::Store::open(std::move(store_options)));
    messaging::kernel::EngineOptions options;
    options.profile = "edge";
    options.host = "example.org";
    options.public_urls = {"http://127.0.0.1:1"};
    options.version = "test";
    options.paths.accounts_dir = dir_ / "accounts";
    engine_ = need(messaging::Engine::open(*store_, transport_, clock_, std::move(options)));
    service_ = std::make_unique<rpc::Service>(engine_.get(), clock_);
    engine_->on_events(
        [this](std::span<const messaging::Event> events) { service_->on_events(events); });
    engine_->realtime().on_events([this](const messaging::Event& event) {
      service_->on_events({&event, 1});
    });
    engine_->start();
  }
  void close() {
    service_->stop();
    engine_->stop();
    engine_.reset();
    store_.reset();  // the writer's last answers are given before the service goes
    service_.reset();
  }

  // No way out: every deposit finds nobody.
  class Nowhere final : public messaging::peering::DepositTransport {
   public:
    void deposit(messaging::peering::Deposit,
                 base::Completion<messaging::peering::DepositReply> done) override {
      done(messaging::peering::DepositReply{});
    }
  };

  template <class T>
  static T need(base::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

  std::filesystem::path dir_;
  base::SystemClock clock_;
  Nowhere transport_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<messaging::Engine> engine_;
  std::unique_ptr<rpc::Service> service_;
};
