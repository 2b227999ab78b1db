// Request and Response: what endpoints see of HTTP. No socket in sight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "base/lease.h"
#include "base/result.h"
#include "gateway/http/head.h"
#include "gateway/http/query.h"
#include "gateway/http/slot.h"
#include "gateway/loop/fd.h"
#include "rpc/access.h"

namespace gateway {

// Which listening address a request came in by; routes say which they are served on.
enum class ListenerKind : std::uint8_t { main = 1, peer = 2 };

// Data that a route's judge read from the head, for the route's handler; a type for each route.
struct HeadFacts {
  virtual ~HeadFacts() = default;
};

struct Request {
  RequestHead head;
  std::string path;                        // percent-decoded, without the query
  std::vector<std::string> captures;       // the path's `:name` parts in order
  Query query;                             // empty until a worker has parsed it (server/context.h)
  std::shared_ptr<const HeadFacts> facts;  // of a route with a judge
  std::string body;                        // empty for uploads, whose bytes go to the BodySink
  std::string id;                          // X-Request-Id: the caller's own, or made here
  std::string peer;                        // the caller's address without port
  std::string party;                       // whose work this is (gateway/loop/party.h)
  bool loopback = false;  // from this machine, and not through a proxy (decision 28)
  ListenerKind listener = ListenerKind::main;
  // What the caller may do and see; never null. An endpoint that returns data of an account
  // checks may_see().
  std::shared_ptr<const rpc::Access> access = rpc::Access::everything();

  std::string_view method() const { return head.method(); }
  std::string_view header(std::string_view name) const { return head.field(name).value_or(""); }
  std::optional<std::string_view> param(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
};

// A body of known length that is produced while it is sent. next() runs on a worker, never twice at
// once; it may read the disk. A failure ends the connection before its Content-Length.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  // Fills as much of `out` (64 KiB) as it can; 0 is an error before size() bytes were produced.
  virtual base::Result<std::size_t> next(std::span<std::uint8_t> out) = 0;
};

// The connection itself, given away for good: a stream of events, a WebSocket. `unsent` must be
// written first.
struct StreamSocket {
  Fd fd;               // non-blocking, TCP_NODELAY
  std::string unsent;  // the response's head and whatever of earlier answers did not fit yet
  std::string peer;
  Slot slot;             // held as long as the descriptor is open
  bool chunked = false;  // the head announced chunks: whatever follows `unsent` must be framed so
  // Whose stream it is; once it has ended() the stream closes. Never null.
  std::shared_ptr<const rpc::Access> access = rpc::Access::everything();
  std::string party = {};   // whose work it is (gateway/loop/party.h)
  std::string unread = {};  // what the client has sent behind its request
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";  // empty: left out
  // Further headers. The server writes Content-Length, Connection and nosniff itself; a value with
  // CR, LF or NUL is dropped rather than sent.
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<BodySource> source;                  // instead of body
  base::UniqueFunction<void(StreamSocket)> take_over;  // instead of both; called on the loop
  // The items that the body holds: returned unless the kernel took the whole answer before the
  // client closed its connection or its sending side of it.
  base::Lease taken;
  bool chunked = false;  // with take_over: announce chunks to a client that speaks HTTP/1.1
  bool close = false;    // end the connection after this answer
  bool upgrade = false;  // with take_over: a 101, whose fields name the protocol

  static Response json(std::string body, int status = 200);
  static Response empty(int status = 204);
  // {"error": message}; the message says what to do.
  static Response error(int status, std::string_view message);
  static Response error(const base::Error& error);  // the status that fits the code
  Response with_header(std::string name, std::string value) &&;
};

// The one place that maps our errors to HTTP.
int status_of(base::Errc code);

}  // namespace gateway
