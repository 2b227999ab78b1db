#include "gateway/mail/web_request.h"

#include <array>
#include <memory>

#include "gateway/mail/imap_response.h"

namespace gateway::mail {
namespace {

constexpr std::size_t kMostBody = 64 * 1024;

struct Request {
  WebAnswer answer;
  std::array<char, CURL_ERROR_SIZE> error{};
  base::UniqueFunction<void(WebAnswer)> done;
};

std::size_t on_write(const char* data, std::size_t size, std::size_t count, void* self) {
  std::string& body = static_cast<Request*>(self)->answer.body;
  if (body.size() + size * count > kMostBody) return 0;  // ends the transfer
  body.append(data, size * count);
  return size * count;
}

}  // namespace

CURL* ask_web(CurlLoop& curl, WebMethod method, const std::string& url, base::Millis timeout,
              const LineOptions& options, base::UniqueFunction<void(WebAnswer)> done) {
  auto request = std::make_unique<Request>();
  request->done = std::move(done);
  CurlEasy easy = curl.make_easy();
  if (!easy) {
    curl.later([request = std::move(request)] {
      request->answer.why = "libcurl cannot be used here (Debian's libcurl4)";
      request->done(std::move(request->answer));
    });
    return nullptr;
  }
  const CurlApi& api = curl.api();
  const auto set = [&](CURLoption option, auto value) {
    api.easy_setopt(easy.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout));
  if (method == WebMethod::post) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE, 0L);
  } else {
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 3L);
  }
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_WRITEFUNCTION, &on_write);
  set(CURLOPT_WRITEDATA, request.get());
  set(CURLOPT_ERRORBUFFER, request->error.data());
  CURL* const handle = easy.get();
  curl.run(std::move(easy), [request = std::move(request)](CurlEasy ended, CURLcode code) {
    const CurlApi& ready = *ended.get_deleter().api;
    if (code == CURLE_OK) {
      ready.easy_getinfo(ended.get(), CURLINFO_RESPONSE_CODE, &request->answer.status);
    } else {
      const char* const why = request->error.data();
      request->answer.why = plain_words(*why != 0 ? why : ready.easy_strerror(code));
    }
    ended.reset();
    request->done(std::move(request->answer));
  });
  return handle;
}

}  // namespace gateway::mail
