#include "gateway/relay/fetcher.h"

#include <algorithm>

#include "gateway/http/head.h"
#include "gateway/peer/judged_socket.h"

namespace gateway {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr std::size_t kMaxHead = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

// Its address stays the same while libcurl has it.
struct Fetcher::Job {
  FetchRequest request;
  Done done;
  FetchReply reply;
  CurlList headers;
  AddressPolicy policy;
  const CurlApi* api = nullptr;
  CURL* easy = nullptr;
  std::size_t head_bytes = 0;
  bool head_ended = false;  // libcurl takes a head that breaks off for a whole one
  bool forbidden = false;

  static std::size_t on_head(char* bytes, std::size_t size, std::size_t count, void* at) {
    auto& job = *static_cast<Job*>(at);
    const std::string_view line(bytes, size * count);
    job.head_bytes += line.size();
    if (job.head_bytes > kMaxHead) return 0;
    if (line.rfind("HTTP/", 0) == 0) {  // of the answer that counts, not of a 100 before it
      job.head_ended = false;
      job.reply.retry_after.clear();
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        equals_ignoring_case(line.substr(0, colon), "Retry-After")) {
      job.reply.retry_after = trimmed(line.substr(colon + 1));
    }
    if (trimmed(line).empty()) job.head_ended = true;
    return line.size();
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* at) {
    auto& job = *static_cast<Job*>(at);
    const base::ByteView view(reinterpret_cast<const std::uint8_t*>(bytes), size * count);
    if (job.request.on_data) {
      long status = 0;
      job.api->easy_getinfo(job.easy, CURLINFO_RESPONSE_CODE, &status);
      if (status == 200) return job.request.on_data(view) ? view.size() : 0;
    }
    if (job.reply.body.size() + view.size() > job.request.max_answer) return 0;
    job.reply.body.insert(job.reply.body.end(), view.begin(), view.end());
    return view.size();
  }

  static curl_socket_t on_open(void* at, curlsocktype purpose, curl_sockaddr* address) {
    auto& job = *static_cast<Job*>(at);
    return open_judged_socket(job.policy, purpose, *address, job.forbidden);
  }
};

Fetcher::~Fetcher() { cancel_all(); }

void Fetcher::cancel_all() {
  for (CURL* easy : std::exchange(running_, {})) curl_.cancel(easy);
}

void Fetcher::start(FetchRequest request, Done done) {
  CurlEasy easy = curl_.make_easy();
  if (!easy) {
    FetchReply reply;
    reply.fault = "libcurl is not there";
    curl_.later(
        [done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
    return;
  }
  auto job = std::make_unique<Job>();
  job->request = std::move(request);
  job->done = std::move(done);
  job->policy = policy_;
  job->api = &curl_.api();
  job->easy = easy.get();
  job->headers = CurlList(nullptr, {job->api});
  for (const std::string& line : job->request.headers) append(job->headers, line.c_str());
  append(job->headers, "Content-Type: application/octet-stream");
  append(job->headers, "Expect:");  // never waits
  const auto set = job->api->easy_setopt;
  CURL* const handle = easy.get();
  set(handle, CURLOPT_URL, job->request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  if (job->request.post) {
    set(handle, CURLOPT_POST, 1L);
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(job->request.body.size()));
    set(handle, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(job->request.body.data()));
  }
  set(handle, CURLOPT_HTTPHEADER, job->headers.get());
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(job->request.timeout));
  set(handle, CURLOPT_MAXAGE_CONN, 60L);
  set(handle, CURLOPT_WRITEFUNCTION, &Job::on_body);
  set(handle, CURLOPT_WRITEDATA, job.get());
  set(handle, CURLOPT_HEADERFUNCTION, &Job::on_head);
  set(handle, CURLOPT_HEADERDATA, job.get());
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &Job::on_open);
  set(handle, CURLOPT_OPENSOCKETDATA, job.get());
  running_.push_back(handle);
  curl_.run(std::move(easy), [this, handle, job = std::move(job)](CurlEasy used, CURLcode code) {
    std::erase(running_, handle);
    FetchReply& reply = job->reply;
    if (job->head_ended && (code == CURLE_OK || job->request.on_data)) {
      job->api->easy_getinfo(used.get(), CURLINFO_RESPONSE_CODE, &reply.status);
    }
    if (code != CURLE_OK) {
      reply.fault = job->forbidden ? "the address is not allowed" : job->api->easy_strerror(code);
    }
    used.reset();  // it points into the job
    job->done(std::move(reply));
  });
}

}  // namespace gateway
