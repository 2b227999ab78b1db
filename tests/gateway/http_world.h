// A real server on a loopback port and a raw client, for tests of the HTTP front.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/worker_pool.h"
#include "gateway/server/server.h"
#include "tests/support/eventually.h"

namespace gateway::test {

struct HttpWorld {
  // Routes are added before the constructor returns.
  explicit HttpWorld(const std::function<void(RouteTable&)>& routes, HttpOptions options = {},
                     std::size_t workers = 2, bool peer_listener = false);
  ~HttpWorld();
  void stop(base::Millis grace = 2000);  // as the daemon does; the destructor does the same
  void advance(base::Millis by);         // moves the clock and lets the loop notice

  base::ManualClock clock;
  std::unique_ptr<EventLoop> loop;
  WorkerPool pool;
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::uint16_t peer_port = 0;

 private:
  std::thread thread_;
};

// One answer as it came.
struct Reply {
  int status = 0;
  std::string head;
  std::string body;
  bool closed = false;  // the connection ended instead of a complete answer
  std::optional<std::string> field(std::string_view name) const;
};

// A blocking socket on which a test says exactly which bytes it sends. Reads give up after 10 s.
class Client {
 public:
  // A small receive buffer must be set before the connection is made: 0 leaves it as it is.
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;

  Client& send(std::string_view bytes);  // all of it; a broken connection is not an error here
  // The next answer. When it announces chunks, what is read from here on is what is in them.
  Reply reply(bool head_only = false);
  std::string read_to_end();  // until the server closes
  std::string read_until(std::string_view mark);
  bool closed_by_server();  // waits for the end, discarding what comes
  void half_close();
  int fd() const { return fd_; }
  const std::vector<std::string>& chunks() const { return chunks_; }  // read so far, one by one
  bool ended() const { return ended_; }  // the last chunk came: the body ended as it should

 private:
  bool fill();
  void unchunk();
  int fd_ = -1;
  std::string buffer_;
  bool chunked_ = false;
  bool ended_ = false;
  std::string framed_;  // chunks that are not complete yet
  std::vector<std::string> chunks_;
};

std::string get(std::string_view path, std::string_view more = "");
std::string post(std::string_view path, std::string_view body, std::string_view more = "");
Reply ask(std::uint16_t port, std::string_view request);

// True once `condition` holds, asked again and again for at most 10 s.
using ::test::eventually;

}  // namespace gateway::test
