#include "gateway/server/httplib_bridge.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace gateway {
namespace {

// Reads from memory; what cpp-httplib writes (an answer of its own making) is not used.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view in) : in_(in) {}
  bool is_readable() const override { return !in_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, std::size_t size) override {
    const std::size_t take = std::min(size, in_.size());
    std::memcpy(out, in_.data(), take);
    in_.remove_prefix(take);
    return static_cast<ssize_t>(take);
  }
  ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view in_;
};

// What the handler of a route fills in while process_request() runs on this thread.
struct Call {
  const Route* route;
  Request* request;
  bool reached = false;
};
thread_local Call* current_call = nullptr;

// "/file/:msg_id" as the expression "/file/([^/]+)".
std::string expression_of(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    out += '/';
    if (segment.starts_with(':')) {
      out += "([^/]+)";
      continue;
    }
    for (const char c : segment) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

class HttplibBridge::Server final : public httplib::Server {
 public:
  explicit Server(const RouteTable& routes) {
    for (const auto& route : routes.routes()) {
      const Route* const row = route.get();
      const std::string path = expression_of(row->path);
      auto handler = [row](const httplib::Request& parsed, httplib::Response& response) {
        reach(*row, parsed);
        response.status = 204;
      };
      if (row->method == "GET") Get(path, handler);
      if (row->method == "POST") Post(path, handler);
      if (row->method == "PUT") Put(path, handler);
      if (row->method == "PATCH") Patch(path, handler);
      if (row->method == "DELETE") Delete(path, handler);
      if (row->method == "OPTIONS") Options(path, handler);
    }
  }

  void process(std::string_view head) {
    MemoryStream stream(head);
    bool closed = false;
    process_request(stream, /*close_connection=*/true, closed, [](httplib::Request&) {});
  }

 private:
  static void reach(const Route& row, const httplib::Request& parsed) {
    Call& call = *current_call;
    // Two routes may match one path (a name and a capture): the one that was judged counts.
    if (call.route != &row) return;
    call.reached = true;
    call.request->path = parsed.path;
    call.request->captures.clear();
    for (std::size_t i = 1; i < parsed.matches.size(); ++i) {
      call.request->captures.push_back(parsed.matches[i].str());
    }
    for (const auto& [name, value] : parsed.params) call.request->query.emplace_back(name, value);
  }
};

HttplibBridge::HttplibBridge(const RouteTable& routes)
    : server_(std::make_unique<Server>(routes)) {}
HttplibBridge::~HttplibBridge() = default;

bool HttplibBridge::parse(const Route& route, Request& request) const {
  const std::string_view method = request.head.method();
  std::string line;
  line.reserve(method.size() + request.head.target().size() + 32);
  line.append(method).append(" ").append(request.head.target()).append(" HTTP/1.1\r\n\r\n");
  Call call{&route, &request};
  current_call = &call;
  server_->process(line);
  current_call = nullptr;
  return call.reached;
}

}  // namespace gateway
