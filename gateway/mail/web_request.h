// One request to a web server that an address or an account link names: https alone, a bounded
// answer, a bounded time. Loop thread.
#pragma once

#include <string>

#include "base/function.h"
#include "gateway/mail/curl_line.h"

namespace gateway::mail {

struct WebAnswer {
  long status = 0;   // 0: there was no answer
  std::string body;  // at most 64 KiB
  std::string why;   // when there was no answer: the reason, for people
};

enum class WebMethod : std::uint8_t { get, post };  // a POST is empty

// Returns the handle, for CurlLoop::cancel(); null when `done` is called with a failure, later.
CURL* ask_web(CurlLoop& curl, WebMethod method, const std::string& url, base::Millis timeout,
              const LineOptions& options, base::UniqueFunction<void(WebAnswer)> done);

}  // namespace gateway::mail
