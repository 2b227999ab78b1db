// A server whose endpoints answer what they got: GET and POST /echo, GET /slow (parked until the
// test answers), GET /loop (on the loop), POST /quick (from memory), and some that fail.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/gateway/http_world.h"

namespace gateway::test {

struct Parked {
  std::mutex mutex;
  std::vector<Responder> waiting;
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return waiting.size();
  }
  void answer_all(const std::string& text) {
    std::vector<Responder> all;
    {
      const std::lock_guard lock(mutex);
      all.swap(waiting);
    }
    for (auto& responder : all) responder.answer(Response::json(text));
  }
};

inline void add_echo_routes(RouteTable& routes, Parked& parked) {
  const auto echo = [](Request request, Responder responder) {
    std::string text(request.method());
    text += ' ' + request.path;
    for (const auto& [name, value] : request.query) text += ' ' + name + '=' + value;
    for (const auto& capture : request.captures) text += " :" + capture;
    text += request.loopback ? " local" : " remote";
    text += ' ' + request.body;
    responder.answer(Response::json(text));
  };
  routes.add({.method = "GET", .path = "/echo", .handle = echo});
  routes.add({.method = "GET", .path = "/echo/:a/x/:b", .handle = echo});
  routes.add({.method = "POST", .path = "/echo", .handle = echo, .body_limit = 1000});
  routes.add({.method = "POST",
              .path = "/json",
              .handle = echo,
              .body_limit = 1 << 20,
              .json_only = true});
  routes.add({.method = "GET", .path = "/loop", .handle = echo, .on_loop = true});
  routes.add({.method = "POST",
              .path = "/relay",
              .handle = echo,
              .body_limit = 10,
              .refuse_origin = true,
              .listeners = kOnMain | kOnPeer});
  routes.add({.method = "POST",
              .path = "/quick",
              .handle = echo,
              .quick = [](const Request& request) -> std::optional<Response> {
                if (request.body == "throw") throw std::runtime_error("a secret of the program");
                if (request.body == "unknown") return std::nullopt;
                return Response::json("quick " + request.body);
              },
              .body_limit = 1000});
  routes.add({.method = "GET", .path = "/drop", .handle = [](Request, Responder) {}});
  routes.add({.method = "GET", .path = "/throw", .handle = [](Request, Responder) {
                throw std::runtime_error("a secret of the program");
              }});
  routes.add({.method = "GET", .path = "/slow", .handle = [&parked](Request, Responder responder) {
                const std::lock_guard lock(parked.mutex);
                parked.waiting.push_back(std::move(responder));
              }});
}

struct EchoWorld : HttpWorld {
  explicit EchoWorld(HttpOptions options = {}, std::size_t workers = 2, bool peer = false)
      : EchoWorld(std::make_shared<Parked>(), std::move(options), workers, peer) {}
  EchoWorld(std::shared_ptr<Parked> p, HttpOptions options, std::size_t workers, bool peer)
      : HttpWorld([&](RouteTable& routes) { add_echo_routes(routes, *p); }, std::move(options),
                  workers, peer),
        parked(std::move(p)) {}
  std::shared_ptr<Parked> parked;
};

}  // namespace gateway::test
