#include "gateway/license/issuer.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/bytes.h"
#include "crypto/random.h"
#include "rpc/request.h"
#include "store/file.h"
#include "store/whole_file.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::fail;

constexpr std::size_t kMaxRecord = 64 * 1024 * 1024;  // a million seats

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

bool is_fingerprint(std::string_view text) { return is_hex(text, 64); }

struct LicenseIssuer::Record {
  LicenseTerms terms;
  std::vector<std::string> devices;
};

base::Result<LicenseIssuer::Record> LicenseIssuer::read(const std::string& token) const {
  const auto unknown = [] { return fail(Errc::not_found, "there is no license of this token"); };
  if (!is_hex(token, 32)) return unknown();
  const fs::path path = dir_ / (token + ".json");
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > kMaxRecord) return unknown();
  std::ifstream in(path, std::ios::binary);
  const auto json = nlohmann::json::parse(in, nullptr, false);
  Record record;
  const auto text = [&](const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
  };
  const auto number = [&](const char* name) {
    return json.contains(name) && json[name].is_number_integer() ? json[name].get<std::int64_t>()
                                                                 : -1;
  };
  const std::int64_t days = number("grace_days");
  const auto seats = json.is_object() ? json.value("seats", nlohmann::json::array()) : json;
  const bool good =
      json.is_object() && !text("id").empty() && number("devices") >= 1 &&
      number("devices") <= kMostDevices && days <= kMostGraceDays && seats.is_array() &&
      std::all_of(seats.begin(), seats.end(), [](const auto& seat) { return seat.is_string(); }) &&
      (!json.contains("expires_at") || number("expires_at") >= 0);
  if (!good) return fail(Errc::corrupt, path.string() + " is no license record");
  record.terms.id = text("id");
  record.terms.customer = text("customer");
  record.terms.type = text("type");
  record.terms.devices = static_cast<std::uint32_t>(number("devices"));
  record.terms.grace_days = static_cast<std::uint32_t>(std::max<std::int64_t>(0, days));
  if (number("expires_at") >= 0) record.terms.expires_at = number("expires_at");
  for (const auto& seat : seats) record.devices.push_back(seat.get<std::string>());
  return record;
}

base::Result<> LicenseIssuer::write(const std::string& token, const Record& record) const {
  nlohmann::json json{{"id", record.terms.id},
                      {"customer", record.terms.customer},
                      {"type", record.terms.type},
                      {"devices", record.terms.devices},
                      {"grace_days", record.terms.grace_days},
                      {"seats", record.devices}};
  if (record.terms.expires_at) json["expires_at"] = *record.terms.expires_at;
  const std::string text = json.dump(1) + "\n";
  return store::replace_file(dir_ / (token + ".json"), base::as_bytes(text));
}

LicenseIssuer::Issued LicenseIssuer::sign_for(const Record& record,
                                              const std::string& device) const {
  LicenseTerms terms = record.terms;
  terms.device = device;
  terms.activated = static_cast<std::uint32_t>(record.devices.size());
  terms.issued_at = clock_.now() / 1000;
  return {terms.sign(key_), terms.customer};
}

base::Result<std::string> LicenseIssuer::add(const LicenseTerms& terms) {
  std::error_code error;
  if (fs::create_directories(dir_, error)) {
    EDGE_CHECK(store::sync_dir(store::folder_of(dir_.string())));
  }
  const std::string token = base::to_hex(crypto::random_array<16>());
  base::Lock lock(mutex_);
  EDGE_CHECK(write(token, {terms, {}}));
  return token;
}

base::Result<LicenseIssuer::Issued> LicenseIssuer::take_seat(const std::string& token,
                                                             const std::string& device) {
  if (!is_fingerprint(device)) {
    return fail(Errc::invalid_argument,
                "the header Device-Fingerprint is missing or no fingerprint (64 hex digits); "
                "privitty-edge license activate sends it");
  }
  base::Lock lock(mutex_);
  EDGE_TRY(Record record, read(token));
  auto& seats = record.devices;
  if (std::find(seats.begin(), seats.end(), device) == seats.end()) {
    if (seats.size() >= record.terms.devices) {
      return fail(Errc::exhausted, "all " + std::to_string(record.terms.devices) +
                                       " seats of this license are taken; deactivate a device");
    }
    seats.push_back(device);
    EDGE_CHECK(write(token, record));
  }
  return sign_for(record, device);
}

base::Result<LicenseIssuer::Issued> LicenseIssuer::renew(const std::string& token,
                                                         const std::string& device) {
  base::Lock lock(mutex_);
  EDGE_TRY(const Record record, read(token));
  if (std::find(record.devices.begin(), record.devices.end(), device) == record.devices.end()) {
    return fail(Errc::forbidden, "this device has no seat of this license; activate it");
  }
  return sign_for(record, device);
}

base::Result<> LicenseIssuer::give_back(const std::string& token, const std::string& device) {
  base::Lock lock(mutex_);
  EDGE_TRY(Record record, read(token));
  if (std::erase(record.devices, device) == 0) return {};
  return write(token, record);
}

namespace {

base::Result<Response> response_of(base::Result<LicenseIssuer::Issued> issued) {
  if (!issued) return std::move(issued).error();
  return Response::json(
      nlohmann::json{{"license_jwt", issued->jwt}, {"customer_name", issued->customer}}.dump());
}

std::string device_of(const Request& request) {
  const auto parsed = rpc::parse_json(request.body);
  const nlohmann::json body = parsed ? *parsed : nlohmann::json();
  const auto given = body.is_object() ? body.find("device_fingerprint") : body.end();
  if (!body.is_object() || given == body.end() || !given->is_string()) return "";
  return given->get<std::string>();
}

// Answers with what `ask` makes of the request. A token that is none counts against its address,
// which gets 429 once it has sent too many; a token that is one is answered all the same, for
// behind an address there may be a whole fleet.
template <class F>
auto guarded(LicenseIssuer& issuer, F ask) {
  return [&issuer, ask](Request request, Responder responder) {
    base::Result<Response> answer = ask(request);
    if (answer) return responder.answer(*std::move(answer));
    const bool wrong = answer.error().code == Errc::not_found;
    const base::Millis wait = wrong ? issuer.guesses().take(request.peer) : 0;
    if (wait == 0) return responder.answer(Response::error(answer.error()));
    responder.answer(Response::error(429,
                                     "Too many requests from this address named no license. Check "
                                     "the URL, and wait before the next.")
                         .with_header("Retry-After", std::to_string((wait + 999) / 1000)));
  };
}

}  // namespace

void add_license_endpoint(RouteTable& routes, LicenseIssuer& issuer) {
  Route get;
  get.method = "GET";
  get.path = "/v1/license/:token";
  get.handle = guarded(issuer, [&issuer](const Request& request) {
    return response_of(issuer.take_seat(request.captures.at(0),
                                        std::string(request.header("Device-Fingerprint"))));
  });
  routes.add(std::move(get));

  Route post;
  post.method = "POST";
  post.body_limit = 4096;
  post.json_only = true;
  post.path = "/v1/license/:token/sync";
  post.handle = guarded(issuer, [&issuer](const Request& request) {
    return response_of(issuer.renew(request.captures.at(0), device_of(request)));
  });
  routes.add(post);

  post.path = "/v1/license/:token/deactivate";
  post.handle = guarded(issuer, [&issuer](const Request& request) -> base::Result<Response> {
    EDGE_CHECK(issuer.give_back(request.captures.at(0), device_of(request)));
    return Response::json("{}");
  });
  routes.add(std::move(post));
}

}  // namespace gateway
