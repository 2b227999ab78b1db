// Route: one row per endpoint, from which routing, the head's judgement (limits, media type,
// listener, 404, 405) and the list in a 404 all derive. A request is routed once, by its head.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/http/responder.h"
#include "gateway/http/route_figures.h"

namespace gateway {

inline constexpr std::uint8_t kOnMain = static_cast<std::uint8_t>(ListenerKind::main);
inline constexpr std::uint8_t kOnPeer = static_cast<std::uint8_t>(ListenerKind::peer);

// May be called from several threads at once. Never waits: it answers, or parks the responder.
using RequestHandler = std::function<void(Request, Responder)>;
// For uploads: judges the head and opens the sink before any body byte is read. Runs on a worker.
using UploadHandler = std::function<base::Result<std::unique_ptr<BodySink>>(const Request&)>;
// Judges the head of a request before any byte of its body is read: an answer refuses it. May leave
// `facts` for the handler. Runs on a worker.
using HeadJudge = std::function<std::optional<Response>(Request&)>;

// Answers from memory, on the loop, in microseconds; nothing: `handle` is called as usual. Only for
// requests of the path itself, without a query.
using QuickHandler = std::function<std::optional<Response>(const Request&)>;

// Who may reach an endpoint at all (auth/gatekeeper.h).
enum class RouteAccess : std::uint8_t {
  key,           // callers that the gatekeeper knows
  key_or_local,  // and callers on this machine, although there are keys
  open,          // everybody
};

struct Route {
  std::string method;          // "GET" serves HEAD as well
  std::string path;            // "/rpc", "/file/:msg_id"; `:name` is one segment
  RequestHandler handle = {};  // either this
  UploadHandler upload = {};   // or this
  HeadJudge judge = {};        // with handle: asked first
  QuickHandler quick = {};     // with handle: asked when the request is whole
  std::size_t body_limit = 0;  // over it: 413 (uploads are not limited here)
  bool json_only = false;      // another Content-Type: 415
  bool bytes_only = false;     // a form's Content-Type: 415
  bool refuse_origin = false;  // for peers: any Origin is 403, and no API key is asked for
  RouteAccess access = RouteAccess::key;
  std::optional<rpc::KeyScope> scope = std::nullopt;  // a key must hold; nothing: any key is enough
  bool key_in_query = false;  // also ?ticket= and ?api_key= (EventSource cannot set headers)
  bool on_loop = false;       // cheap and never blocking: runs on the loop, whatever workers do
  std::uint8_t listeners = kOnMain;
  std::shared_ptr<RouteFigures> figures = nullptr;  // made by add()

  // No key is needed, so none is looked for; the endpoints of peers have limits of their own.
  bool is_open() const { return access == RouteAccess::open || refuse_origin; }
};

class RouteTable {
 public:
  // Before the server starts. A route with the same method and path replaces nothing: it is a bug.
  void add(Route route);

  struct Match {
    const Route* route = nullptr;  // nothing: 404, or 405 when `allow` is not empty
    std::vector<std::string> captures;
    std::string allow;  // the methods this path knows
  };
  // `path` percent-decoded. HEAD finds GET's route.
  Match find(std::string_view method, std::string_view path, ListenerKind listener) const;
  // `begin` and everything below it is served only when `how` is done.
  void add_absent(std::string begin, std::string how);
  // What a 404 says: how to switch the path on, or which endpoints there are.
  std::string missing(std::string_view path, ListenerKind listener) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::pair<std::string, std::string>> absent_;
};

}  // namespace gateway
