// CurlLoop: libcurl's multi interface on an EventLoop: transfers run on the loop's thread beside
// everything else, and none of them blocks it (names are resolved on libcurl's own threads).
//
// Threads: the loop's, for everything. libcurl and its TLS library are set up by the first
// transfer, so that a gateway that sends nothing does not pay for them.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "base/function.h"
#include "gateway/loop/event_loop.h"
#include "gateway/peer/curl_api.h"

namespace gateway {

class CurlLoop {
 public:
  explicit CurlLoop(EventLoop& loop);
  ~CurlLoop();  // cancels what still runs; no callback is called any more
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  CurlEasy make_easy();                         // null when libcurl is not there or out of memory
  const CurlApi& api() const { return *api_; }  // after make_easy()
  // Runs the transfer; `done` is called on the loop, later, with the handle given back.
  using Done = base::UniqueFunction<void(CurlEasy, CURLcode)>;
  void run(CurlEasy easy, Done done);
  // Runs a transfer of CURLOPT_CONNECT_ONLY. The handle stays in the loop, with its connection,
  // when `done` says CURLE_OK: until cancel(). After another code it is destroyed.
  using Connected = base::UniqueFunction<void(CURLcode)>;
  void connect(CurlEasy easy, Connected done);
  // Runs `work` on the loop, later, unless this ends before: then it is destroyed with what it
  // owns, which may therefore use this object to its end.
  void later(base::UniqueFunction<void()> work);
  // Ends a transfer that runs; its `done` is not called. Not from one of its own callbacks.
  void cancel(CURL* easy);
  std::size_t running() const { return transfers_.size(); }

 private:
  class Socket;
  struct Transfer {
    CurlEasy easy;
    Done done;
    Connected connected;  // of connect(), instead
  };

  bool set_up();
  void start(Transfer transfer);
  void run_later();
  void act(curl_socket_t fd, int events);
  void collect();
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);

  EventLoop& loop_;
  Timer timer_;
  const CurlApi* api_ = nullptr;
  CURLM* multi_ = nullptr;
  bool reported_missing_ = false;
  std::unordered_map<CURL*, Transfer> transfers_;
  std::unordered_map<curl_socket_t, std::unique_ptr<Socket>> sockets_;
  std::vector<base::UniqueFunction<void()>> later_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gateway
