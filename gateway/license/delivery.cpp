#include "gateway/license/delivery.h"

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "gateway/peer/curl_api.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;

constexpr long kTimeoutMs = 15'000;
constexpr std::size_t kMaxAnswer = 64 * 1024;

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* at) {
  auto& body = *static_cast<std::string*>(at);
  if (body.size() + size * count > kMaxAnswer) return 0;
  body.append(bytes, size * count);
  return size * count;
}

base::Result<nlohmann::json> ask(const std::string& url, const std::string& fingerprint,
                                 bool post) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return fail(Errc::invalid_argument,
                "the license URL is no http or https URL; it looks like "
                "https://license.example/v1/license/TOKEN");
  }
  EDGE_TRY(const CurlApi* const api, CurlApi::load());
  const CurlEasy easy(api->easy_init(), CurlEasyDelete{api});
  if (!easy) return fail(Errc::internal, "libcurl gave no handle");
  CurlList headers(nullptr, CurlListDelete{api});
  append(headers, ("Device-Fingerprint: " + fingerprint).c_str());
  append(headers, "Accept: application/json");
  if (post) append(headers, "Content-Type: application/json");
  const std::string body = nlohmann::json{{"device_fingerprint", fingerprint}}.dump();
  std::string answer;
  CURL* const curl = easy.get();
  api->easy_setopt(curl, CURLOPT_URL, url.c_str());
  api->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  api->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  api->easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  api->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  api->easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  api->easy_setopt(curl, CURLOPT_WRITEFUNCTION, &collect);
  api->easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  if (post) {
    api->easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    api->easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = api->easy_perform(curl);
  if (code != CURLE_OK) {
    return fail(Errc::unavailable,
                "the license server cannot be reached: " + std::string(api->easy_strerror(code)));
  }
  long status = 0;
  api->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  auto json = nlohmann::json::parse(answer, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    const auto words = json["error"].get<std::string>().substr(0, 500);
    return fail(Errc::forbidden, "the license server says: " + words);
  }
  if (status < 200 || status > 299 || !json.is_object()) {
    return fail(Errc::unavailable,
                "the license server answered " + std::to_string(status) + " without a license");
  }
  return json;
}

base::Result<LicenseDelivery> delivered(const nlohmann::json& json) {
  const auto jwt = json.find("license_jwt");
  if (jwt == json.end() || !jwt->is_string()) {
    return fail(Errc::unavailable, "the license server's answer holds no license_jwt");
  }
  LicenseDelivery delivery{jwt->get<std::string>(), ""};
  const auto name = json.find("customer_name");
  if (name != json.end() && name->is_string()) {
    delivery.customer_name = name->get<std::string>().substr(0, 500);
  }
  return delivery;
}

}  // namespace

base::Result<LicenseDelivery> fetch_license(const std::string& url,
                                            const std::string& fingerprint) {
  EDGE_TRY(const auto json, ask(url, fingerprint, false));
  return delivered(json);
}

base::Result<LicenseDelivery> sync_license(const std::string& url, const std::string& fingerprint) {
  EDGE_TRY(const auto json, ask(url + "/sync", fingerprint, true));
  return delivered(json);
}

base::Result<> release_license(const std::string& url, const std::string& fingerprint) {
  EDGE_CHECK(ask(url + "/deactivate", fingerprint, true));
  return {};
}

}  // namespace gateway
