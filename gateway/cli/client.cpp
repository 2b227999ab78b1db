#include "gateway/cli/client.h"

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "gateway/cli/json_members.h"
#include "gateway/peer/curl_api.h"
#include "gateway/process/surroundings.h"

namespace gateway::cli {

using base::Errc;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t kMaxAnswer = 256 * 1024 * 1024;

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* at) {
  auto& body = *static_cast<std::string*>(at);
  if (body.size() + size * count > kMaxAnswer) return 0;
  body.append(bytes, size * count);
  return size * count;
}

std::size_t pass_on(char* bytes, std::size_t size, std::size_t count, void* at) {
  const auto& on_bytes = *static_cast<const OnBytes*>(at);
  return on_bytes({bytes, size * count}) ? size * count : 0;
}

// libcurl calls it about once a second, even without data.
int look(void* at, curl_off_t /*expected*/, curl_off_t /*got*/, curl_off_t /*to_send*/,
         curl_off_t /*sent*/) {
  return (*static_cast<const StillWanted*>(at))() ? 0 : 1;
}

std::size_t read_file(char* out, std::size_t size, std::size_t count, void* at) {
  return std::fread(out, size, count, static_cast<std::FILE*>(at));
}

}  // namespace

struct Client::Transfer {
  const CurlApi* api = nullptr;
  CurlEasy easy;
  CurlList headers;
  std::string api_key;

  // Resets the handle and keeps its connection.
  Result<CURL*> fresh() {
    if (api == nullptr) {
      EDGE_TRY(api, CurlApi::load());
      easy = CurlEasy(api->easy_init(), {api});
    }
    if (!easy) return fail(Errc::exhausted, "out of memory");
    headers = CurlList(nullptr, {api});
    api->easy_reset(easy.get());
    api->easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    api->easy_setopt(easy.get(), CURLOPT_PROXY, "");
    api->easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    api->easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    api->easy_setopt(easy.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    // A certificate authority from the usual environment variables, which libcurl alone does not
    // read.
    if (const auto trusted = Surroundings::of_this_process().variable("SSL_CERT_FILE")) {
      api->easy_setopt(easy.get(), CURLOPT_CAINFO, trusted->c_str());
    }
    if (!api_key.empty()) append(headers, ("X-API-Key: " + api_key).c_str());
    return easy.get();
  }
  long status() const {
    long out = 0;
    api->easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &out);
    return out;
  }
  CURLcode perform() {
    api->easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    return api->easy_perform(easy.get());
  }
};

Client::Client(PeerUrl url, std::string api_key)
    : url_(std::move(url)), transfer_(std::make_unique<Transfer>()) {
  transfer_->api_key = std::move(api_key);
}
Client::~Client() = default;

base::Error Client::unreachable(int code) const {
  const std::string where = url_.text();
  if (code == CURLE_COULDNT_CONNECT) {
    return fail(Errc::unavailable,
                "no daemon answers at " + where +
                    ": start it with scripts/run (or privitty-edged), or name another with --url");
  }
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    return fail(Errc::unavailable, "the host of " + where + " is not known: check --url");
  }
  const auto trusted = Surroundings::of_this_process().variable("SSL_CERT_FILE");
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return fail(Errc::unavailable,
                "the certificate of " + where +
                    " is not trusted here, or is another host's: name in SSL_CERT_FILE a PEM file "
                    "with the certificate of the authority that signed it, or with its own when "
                    "it signed itself" +
                    (trusted ? "; SSL_CERT_FILE is " + *trusted : ""));
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return fail(Errc::unavailable,
                "SSL_CERT_FILE " + trusted.value_or("") +
                    " cannot be read: it is a PEM file with the certificate of the authority that "
                    "signed the daemon's");
  }
  if (code == CURLE_SSL_CONNECT_ERROR) {
    return fail(Errc::unavailable,
                "what listens at " + where +
                    " speaks no https: a daemon without --tls-cert is reached by "
                    "http://");
  }
  return fail(Errc::unavailable, "the daemon at " + where + " did not answer: " +
                                     transfer_->api->easy_strerror(static_cast<CURLcode>(code)) +
                                     "; is it privitty-edged, and does it run?");
}

Result<HttpAnswer> Client::get(const std::string& target) {
  HttpAnswer answer;
  EDGE_TRY(CURL* const easy, transfer_->fresh());
  const auto set = transfer_->api->easy_setopt;
  const std::string url = url_.text() + target;
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_TIMEOUT_MS, 30'000L);
  set(easy, CURLOPT_WRITEFUNCTION, &collect);
  set(easy, CURLOPT_WRITEDATA, &answer.body);
  if (const CURLcode code = transfer_->perform(); code != CURLE_OK) return unreachable(code);
  answer.status = transfer_->status();
  return answer;
}

Result<HttpAnswer> Client::post_rpc(const std::string& body) {
  EDGE_TRY(auto answer, post("/rpc", body, "application/json"));
  if (answer.status != 200 && answer.status != 204) return refusal(answer);
  return answer;
}

Result<HttpAnswer> Client::post(const std::string& target, const std::string& body,
                                const std::string& type) {
  HttpAnswer answer;
  EDGE_TRY(CURL* const easy, transfer_->fresh());
  const auto set = transfer_->api->easy_setopt;
  const std::string url = url_.text() + target;
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(easy, CURLOPT_POSTFIELDS, body.c_str());
  set(easy, CURLOPT_WRITEFUNCTION, &collect);
  set(easy, CURLOPT_WRITEDATA, &answer.body);
  append(transfer_->headers, ("Content-Type: " + type).c_str());
  append(transfer_->headers, "Expect:");
  if (const CURLcode code = transfer_->perform(); code != CURLE_OK) return unreachable(code);
  answer.status = transfer_->status();
  return answer;
}

base::Error refusal(const HttpAnswer& answer) {
  const auto json = Json::parse(answer.body, nullptr, false);
  std::string message = "the daemon refused with HTTP " + std::to_string(answer.status);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    message += ": " + json["error"].get<std::string>();
  }
  if (answer.status == 401) message += " (here: in PRIVITTY_API_KEY, or by --api-key-file FILE)";
  return fail(Errc::unavailable, std::move(message));
}

Result<Json> result_of(const Json& answer) {
  if (answer.is_object() && answer.contains("result")) return answer["result"];
  if (answer.is_object() && answer.contains("error") && answer["error"].is_object()) {
    const auto& error = answer["error"];
    std::string message = text_member(error, "message");
    if (message.empty()) message = "the daemon answered an error without a message";
    if (error.contains("code") && error["code"].is_number_integer()) {
      message += " (" + std::to_string(error["code"].get<std::int64_t>()) + ")";
    }
    return fail(Errc::invalid_argument, std::move(message));
  }
  return fail(Errc::internal, "what answered speaks no JSON-RPC: is --url right?");
}

Result<Json> Client::call(const std::string& method, Json params) {
  const Json request = {
      {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
  EDGE_TRY(const auto answer,
           post_rpc(request.dump(-1, ' ', false, Json::error_handler_t::replace)));
  return result_of(Json::parse(answer.body, nullptr, false));
}

Result<Json> Client::call_with_text(const std::string& method, std::string_view params) {
  std::string request = R"({"jsonrpc":"2.0","id":1,"method":)";
  request += Json(method).dump(-1, ' ', false, Json::error_handler_t::replace);
  request.append(R"(,"params":)").append(params).append("}");
  EDGE_TRY(const auto answer, post_rpc(request));
  return result_of(Json::parse(answer.body, nullptr, false));
}

Result<std::vector<Json>> Client::call_all(const std::string& method,
                                           const std::vector<Json>& params) {
  std::vector<Json> out(params.size());
  constexpr std::size_t kBatch = 500;  // the daemon takes 1,000
  for (std::size_t begin = 0; begin < params.size(); begin += kBatch) {
    Json batch = Json::array();
    for (std::size_t i = begin; i < std::min(params.size(), begin + kBatch); ++i) {
      batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", method}, {"params", params[i]}});
    }
    EDGE_TRY(const auto answer, post_rpc(batch.dump()));
    const auto answers = Json::parse(answer.body, nullptr, false);
    if (!answers.is_array()) {
      EDGE_CHECK(result_of(answers));
      return fail(Errc::internal, "the daemon answered a batch with one answer");
    }
    for (const auto& one : answers) {
      EDGE_TRY(auto result, result_of(one));
      const auto id = one.contains("id") ? number_member(one, "id") : -1;
      if (id >= 0 && static_cast<std::size_t>(id) < out.size()) {
        out[static_cast<std::size_t>(id)] = std::move(result);
      }
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<std::string> Client::upload(const std::string& path, std::uint32_t account) {
  struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  struct stat facts {};
  if (!file || ::fstat(::fileno(file.get()), &facts) != 0) {
    return base::fail_errno(Errc::io, "the file " + path + " cannot be read", errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(Errc::invalid_argument, path + " is not a regular file");
  }
  HttpAnswer answer;
  EDGE_TRY(CURL* const easy, transfer_->fresh());
  const auto set = transfer_->api->easy_setopt;
  const std::string name = std::filesystem::path(path).filename();
  const std::string url =
      url_.text() + "/file?name=" + percent_encode(name) + "&account_id=" + std::to_string(account);
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(facts.st_size));
  set(easy, CURLOPT_READFUNCTION, &read_file);
  set(easy, CURLOPT_READDATA, file.get());
  set(easy, CURLOPT_WRITEFUNCTION, &collect);
  set(easy, CURLOPT_WRITEDATA, &answer.body);
  append(transfer_->headers, "Content-Type: application/octet-stream");
  if (const CURLcode code = transfer_->perform(); code != CURLE_OK) return unreachable(code);
  answer.status = transfer_->status();
  if (answer.status != 200) return refusal(answer);
  const auto json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object() || !json.contains("path") || !json["path"].is_string()) {
    return fail(Errc::internal, "the daemon took the file and named no path");
  }
  return json["path"].get<std::string>();
}

Result<> Client::stream(const std::string& target, const std::string& last_event_id,
                        const OnBytes& on_bytes, const StillWanted& wanted) {
  EDGE_TRY(CURL* const easy, transfer_->fresh());
  const auto set = transfer_->api->easy_setopt;
  const std::string url = url_.text() + target;
  bool enough = false;
  std::string refused;
  const OnBytes judge = [&](std::string_view bytes) {
    if (transfer_->status() != 200) {
      if (refused.size() < 4096) refused.append(bytes);
      return true;
    }
    enough = !on_bytes(bytes);
    return !enough;
  };
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_WRITEFUNCTION, &pass_on);
  set(easy, CURLOPT_WRITEDATA, &judge);
  const StillWanted go_on = [&] {
    if (!wanted()) enough = true;
    return !enough;
  };
  set(easy, CURLOPT_NOPROGRESS, 0L);
  set(easy, CURLOPT_XFERINFOFUNCTION, &look);
  set(easy, CURLOPT_XFERINFODATA, &go_on);
  // The daemon pings every 15 s: a stream that is silent for 45 s is dead.
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, 45L);
  append(transfer_->headers, "Accept: text/event-stream");
  if (!last_event_id.empty())
    append(transfer_->headers, ("Last-Event-ID: " + last_event_id).c_str());
  const CURLcode code = transfer_->perform();
  if (enough) return {};
  if (code != CURLE_OK) return unreachable(code);
  const long status = transfer_->status();
  if (status == 200) return {};
  base::Error error = refusal({status, refused});
  if (status == 401 || status == 403) error.code = Errc::forbidden;
  return error;
}

}  // namespace gateway::cli
