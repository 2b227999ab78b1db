#include "gateway/license/license.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/thread_start.h"
#include "gateway/license/delivery.h"
#include "gateway/license/jwt.h"
#include "gateway/text/given_text.h"
#include "store/whole_file.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::fail;

constexpr std::int64_t kSetBack = 3600;    // a smaller step is a correction
constexpr std::int64_t kKeepEvery = 3600;  // what a kill and a clock set back can gain

std::string read_small(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxJwt + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return std::string(without_bom(text));
}

base::Result<> write_small(const fs::path& path, const std::string& text) {
  return store::replace_file(path, base::as_bytes(text));
}

base::Error came_from_no_server() {
  return fail(Errc::not_found,
              "this license came from no server; privitty-edge license activate URL gets one");
}

}  // namespace

License::~License() {
  base::Lock lock(act_mutex_);
  if (thread_.joinable()) thread_.join();
}

License::Kept License::read_kept() const {
  Kept kept;
  const auto json = nlohmann::json::parse(read_small(state_path()), nullptr, false);
  if (!json.is_object()) return kept;
  if (const auto it = json.find("url"); it != json.end() && it->is_string()) kept.url = *it;
  if (const auto it = json.find("latest"); it != json.end() && it->is_number_integer()) {
    kept.latest = *it;
  }
  if (const auto it = json.find("deactivated"); it != json.end() && it->is_boolean()) {
    kept.deactivated = *it;
  }
  return kept;
}

base::Result<> License::write_kept(const Kept& kept) const {
  return write_small(
      state_path(),
      nlohmann::json{{"url", kept.url}, {"latest", kept.latest}, {"deactivated", kept.deactivated}}
              .dump() +
          "\n");
}

// The later of the clock and the latest time seen: setting the clock back extends nothing.
std::int64_t License::now() const {
  const std::int64_t clock = clock_.now() / 1000;
  latest_ = std::max(latest_, clock);
  if (latest_ >= kept_at_ + kKeepEvery) {
    kept_at_ = latest_;
    Kept kept = read_kept();
    kept.latest = std::max(kept.latest, latest_);
    if (auto written = write_kept(kept); !written) {
      base::log::warning("the license's clock: {}", written.error().message);
    }
  }
  return latest_;
}

base::Result<LicenseTerms> License::judge(const std::string& jwt) const {
  if (!place_.issuer) {
    return fail(Errc::invalid_argument,
                "no license issuer is configured (--license-issuer), so none is needed");
  }
  EDGE_TRY(LicenseTerms terms, LicenseTerms::read(jwt, *place_.issuer));
  if (terms.device != place_.fingerprint) {
    return fail(Errc::forbidden,
                "the license is for another device; this one is " + place_.fingerprint);
  }
  return terms;
}

base::Result<> License::reload() {
  if (!place_.issuer) return {};
  const Kept kept = read_kept();
  std::error_code error;
  const bool there = fs::exists(lic(), error);
  base::Result<LicenseTerms> read = fail(Errc::not_found, "there is no privitty.lic");
  if (there) read = judge(read_small(lic()));
  if (read && kept.deactivated) read = fail(Errc::gone, "the license was deactivated here");
  base::Lock lock(mutex_);
  latest_ = std::max(latest_, kept.latest);
  terms_.reset();
  why_.clear();
  if (read) {
    terms_ = *std::move(read);
    return {};
  }
  why_ = read.error().message;
  return {};
}

bool License::installed() const {
  std::error_code error;
  return fs::exists(lic(), error);
}

LicenseStatus License::word() const {
  base::Lock lock(mutex_);
  return terms_ ? status_at(*terms_, now()) : LicenseStatus::no_license;
}

std::string License::why() const {
  base::Lock lock(mutex_);
  return why_;
}

base::Result<> License::check() const {
  if (!required()) return {};
  const LicenseStatus status = word();
  if (status == LicenseStatus::active || status == LicenseStatus::grace_period) return {};
  return rpc::license_required(word_of(status));
}

int License::status() const {
  if (!required()) return 5;
  {
    base::Lock lock(mutex_);
    if (clock_.now() / 1000 < latest_ - kSetBack) return 4;
  }
  return static_cast<int>(word());
}

std::string License::info() const {
  nlohmann::json json{{"status", required() ? word_of(word()) : "active"},
                      {"licenseId", nullptr},
                      {"customerId", nullptr},
                      {"licenseType", nullptr},
                      {"maxDevices", 0},
                      {"activatedDevices", 0},
                      {"expiresAt", nullptr},
                      {"gracePeriodDays", 0}};
  base::Lock lock(mutex_);
  if (!terms_) return json.dump();
  json["licenseId"] = terms_->id;
  json["customerId"] = terms_->customer;
  json["licenseType"] = terms_->type;
  json["maxDevices"] = terms_->devices;
  json["activatedDevices"] = terms_->activated;
  if (terms_->expires_at) json["expiresAt"] = *terms_->expires_at;
  json["gracePeriodDays"] = terms_->grace_days;
  return json.dump();
}

// Replaces the installed license. Only a newer license advances the noted time, so that an old copy
// cannot turn it back.
base::Result<> License::install(const std::string& jwt, const std::string& url) {
  EDGE_TRY(const LicenseTerms terms, judge(jwt));
  const auto before = judge(read_small(lic()));
  {
    base::Lock lock(mutex_);  // now() writes what is kept as well
    EDGE_CHECK(write_small(lic(), jwt + "\n"));
    Kept kept = read_kept();
    kept.url = url;
    kept.deactivated = false;
    if (before && terms.issued_at > before->issued_at) {
      kept.latest = terms.issued_at;
      latest_ = kept_at_ = kept.latest;
    }
    EDGE_CHECK(write_kept(kept));
  }
  return reload();
}

base::Result<std::string> License::activate(const std::string& url) {
  EDGE_TRY(const LicenseDelivery delivery, fetch_license(url, place_.fingerprint));
  EDGE_CHECK(install(delivery.jwt, url));
  return delivery.customer_name;
}

base::Result<> License::activate_again() {
  const std::string url = read_kept().url;
  if (url.empty()) return came_from_no_server();
  EDGE_CHECK(activate(url));
  return {};
}

base::Result<> License::sync() {
  const Kept kept = read_kept();
  if (kept.url.empty()) return came_from_no_server();
  if (kept.deactivated) {
    return fail(Errc::gone, "the license was deactivated here; activate it again");
  }
  EDGE_TRY(const LicenseDelivery delivery, sync_license(kept.url, place_.fingerprint));
  return install(delivery.jwt, kept.url);
}

base::Result<> License::deactivate() {
  const std::string url = read_kept().url;
  if (url.empty()) {
    return fail(Errc::not_found, "this license came from no server that could give its seat back");
  }
  EDGE_CHECK(release_license(url, place_.fingerprint));
  {
    base::Lock lock(mutex_);
    Kept kept = read_kept();
    kept.deactivated = true;
    EDGE_CHECK(write_kept(kept));
  }
  return reload();
}

void License::act(Act act, base::Completion<> done) {
  if (!required()) {
    return done(fail(Errc::invalid_argument,
                     "no license issuer is configured (--license-issuer), so none is needed"));
  }
  base::Lock lock(act_mutex_);
  if (thread_.joinable()) thread_.join();  // the last one is over, or soon
  auto shared = std::make_shared<base::Completion<>>(std::move(done));
  const bool begun = base::start_thread(thread_, [this, act, shared] {
    switch (act) {
      case Act::activate:
        return (*shared)(activate_again());
      case Act::sync:
        return (*shared)(sync());
      case Act::deactivate:
        return (*shared)(deactivate());
    }
  });
  if (!begun) (*shared)(base::no_thread());
}

}  // namespace gateway
