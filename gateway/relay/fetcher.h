// Fetcher: one HTTP request to this device's relay over a CurlLoop. Bounded answers, no redirects,
// no proxy, TLS verified; the resolved address is judged. Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "gateway/peer/address.h"
#include "gateway/peer/curl_loop.h"

namespace gateway {

struct FetchRequest {
  std::string url;  // scheme, host, port and path
  bool post = false;
  std::vector<std::string> headers;
  base::Bytes body;
  base::Millis timeout = 20'000;  // 0: a stream, which ends when it ends
  std::size_t max_answer = 2 * 1024 * 1024;
  // Instead of keeping the body of a 200: false ends the transfer. `max_answer` does not hold then.
  std::function<bool(base::ByteView)> on_data = {};
};

struct FetchReply {
  long status = 0;  // 0: no whole answer
  base::Bytes body;
  std::string retry_after;
  std::string fault;  // of the link, for the log
};

class Fetcher {
 public:
  using Done = base::UniqueFunction<void(FetchReply)>;

  Fetcher(CurlLoop& curl, AddressPolicy policy) : curl_(curl), policy_(policy) {}
  ~Fetcher();  // cancels what runs

  // `done` is called later, never from within; not after cancel_all().
  void start(FetchRequest request, Done done);
  void cancel_all();

 private:
  struct Job;
  CurlLoop& curl_;
  AddressPolicy policy_;
  std::vector<CURL*> running_;
};

}  // namespace gateway
