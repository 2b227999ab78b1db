// httplib_peer: cpp-httplib's own server before the same dispatcher, store and engine as the
// daemon: what the reactor is compared with. One thread a connection, as many as asked for, and
// connections that are kept.
//
//   httplib_peer PORT ACCOUNTS_DIR THREADS     serves POST /rpc on loopback until it is killed
#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <future>

#include "base/clock.h"
#include "base/log.h"
#include "messaging/api/engine.h"
#include "rpc/service.h"
#include "store/schema/migrations.h"
#include "store/store.h"

namespace {

// No way out: nothing is sent here.
class Nowhere final : public messaging::peering::DepositTransport {
 public:
  void deposit(messaging::peering::Deposit,
               base::Completion<messaging::peering::DepositReply> done) override {
    done(messaging::peering::DepositReply{});
  }
};

template <class T>
T need(base::Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "httplib_peer: %s\n", result.error().message.c_str());
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: httplib_peer PORT ACCOUNTS_DIR THREADS\n", stderr);
    return 2;
  }
  base::log::set_level(base::log::Level::warning);
  const base::SystemClock clock;
  store::StoreOptions store_options;
  store_options.dir = argv[2];
  store_options.migrations = store::migrations();
  store_options.clock = &clock;
  const auto store = need(store::Store::open(std::move(store_options)));
  Nowhere transport;
  messaging::kernel::EngineOptions options;
  options.profile = "peer";
  options.host = "localhost";
  options.public_urls = {"http://127.0.0.1:1"};
  options.version = "bench";
  options.paths.accounts_dir = argv[2];
  const auto engine = need(messaging::Engine::open(*store, transport, clock, std::move(options)));
  rpc::Service service(engine.get(), clock);

  httplib::Server server;
  const auto threads = static_cast<std::size_t>(std::atoi(argv[3]));
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_keep_alive_max_count(static_cast<std::size_t>(-1));
  server.set_keep_alive_timeout(60);
  server.set_tcp_nodelay(true);
  server.Post("/rpc", [&](const httplib::Request& request, httplib::Response& response) {
    std::promise<std::string> answer;
    const base::CancelSource here;
    service.handle(request.body, {.closed = here.token(), .input_ended = here.token()},
                   [&](rpc::Reply reply) {
                     reply.taken.arrived();
                     answer.set_value(std::move(reply.text));
                   });
    response.set_content(answer.get_future().get(), "application/json");
  });
  server.listen("127.0.0.1", std::atoi(argv[1]));
  return 0;
}
