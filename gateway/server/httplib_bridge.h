// HttplibBridge: cpp-httplib as the parser and router of one request at a time, on an in-memory
// stream. It never sees a socket, so it never waits for one.
//
// What it is given is the request line alone. Its header parser percent-decodes values and joins
// what it should refuse, so fields and framing are those of RequestHead, and the body is never
// copied through it.
//
// Threads: parse() from several at once.
#pragma once

#include <memory>

#include "gateway/http/route.h"

namespace gateway {

class HttplibBridge {
 public:
  explicit HttplibBridge(const RouteTable& routes);  // which must not grow any more
  ~HttplibBridge();

  // Fills the request's path, captures and query. False when cpp-httplib refuses the request line
  // or routes it elsewhere than to `route`, by whose rules it was judged.
  bool parse(const Route& route, Request& request) const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace gateway
