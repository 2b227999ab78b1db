#include "gateway/cli/license.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/encoding.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "gateway/cli/offline.h"
#include "gateway/license/issuer.h"
#include "gateway/license/license.h"
#include "gateway/process/signals.h"
#include "gateway/server/server.h"
#include "gateway/text/given_text.h"
#include "gateway/viewer/fingerprint.h"
#include "messaging/model/plain_name.h"
#include "store/whole_file.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;

// The device's license and the clock that it looks at.
struct Own {
  base::SystemClock clock;
  std::unique_ptr<License> license;
};

Result<std::unique_ptr<Own>> own_license(const LicenseRequest& request,
                                         const Surroundings& surroundings) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const Settings settings, daemon_settings(request.accounts, "", "", surroundings));
  LicensePlace place{settings.accounts, settings.license_issuer, ""};
  if (!request.issuer.empty()) {
    EDGE_TRY(
        place.issuer,
        crypto::PublicKey::from_fingerprint(first_line(request.issuer)).with_context("--issuer"));
  }
  EDGE_TRY(place.fingerprint, device_fingerprint(settings.accounts));
  auto own = std::make_unique<Own>();
  own->license = std::make_unique<License>(std::move(place), own->clock);
  EDGE_CHECK(own->license->reload());
  return own;
}

Result<> need_issuer(const License& license) {
  if (license.required()) return {};
  return fail(
      Errc::invalid_argument,
      "whose license? Give --issuer KEY or PRIVITTY_LICENSE_ISSUER, the same as the daemon's "
      "--license-issuer. A daemon without an issuer needs no license and uses none");
}

void print_status(const License& license, bool json) {
  if (json) {
    std::printf("%s\n", license.info().c_str());
    return;
  }
  std::printf("%s\n", std::string(word_of(license.word())).c_str());
  if (!license.why().empty()) std::fprintf(stderr, "%s\n", license.why().c_str());
  if (license.status() == 4) std::fprintf(stderr, "the clock was set back\n");
}

// strptime takes the 30th of February for a day in March.
Result<std::int64_t> end_of_day(const std::string& date) {
  std::tm day{};
  const char* const end = strptime(date.c_str(), "%Y-%m-%d", &day);
  std::int64_t begin = 0;
  char written[16] = {};
  if (end != nullptr && *end == '\0') {
    begin = static_cast<std::int64_t>(timegm(&day));
    std::strftime(written, sizeof(written), "%Y-%m-%d", &day);
  }
  if (date != written) {
    return fail(Errc::invalid_argument, "--expires: expected a day as 2027-12-31, or never");
  }
  return begin + 86'400;
}

// What devices print when they take the license.
Result<> check_words(const char* flag, const std::string& text) {
  constexpr std::size_t kMost = 256;
  if (!text.empty() && messaging::plain_name(text, kMost) == text) return {};
  return fail(Errc::invalid_argument, std::string(flag) + ": expected 1 to " +
                                          std::to_string(kMost) +
                                          " bytes of UTF-8 without control characters");
}

Result<crypto::Identity> read_key(const std::string& path) {
  std::ifstream in(path);
  if (!in) return base::fail_errno(Errc::io, "--key " + path, errno);
  std::string line;
  std::getline(in, line);
  crypto::Secret<32> seed;
  const bool good = in && crypto::hex_decode_to(first_line(line), seed.mutable_view());
  crypto::wipe(line.data(), line.size());
  if (good) return crypto::Identity::from_seed(seed.view());
  return fail(Errc::invalid_argument,
              "--key: " + path + " holds no issuer's key; license issue makes one");
}

Result<crypto::Identity> read_or_make_key(const std::string& path) {
  std::error_code unknown;  // what cannot be looked at cannot be made either
  if (std::filesystem::exists(path, unknown) || unknown) return read_key(path);
  const auto seed = crypto::Secret<32>::random();
  std::string line = crypto::hex_encode(seed.view()) + "\n";
  auto made = store::make_file(path, base::as_bytes(line));
  crypto::wipe(line.data(), line.size());
  if (!made) return std::move(made).error().with_context("--key");
  return crypto::Identity::from_seed(seed.view());
}

}  // namespace

Result<> license_activate(const LicenseRequest& request, const Surroundings& surroundings) {
  EDGE_TRY(const auto own, own_license(request, surroundings));
  EDGE_CHECK(need_issuer(*own->license));
  EDGE_TRY(const std::string customer, own->license->activate(request.url));
  if (!request.json && !customer.empty()) std::printf("licensed to %s\n", customer.c_str());
  print_status(*own->license, request.json);
  std::fprintf(stderr, "a daemon that runs takes it up at its next start\n");
  return {};
}

Result<> license_status(const LicenseRequest& request, const Surroundings& surroundings) {
  EDGE_TRY(const auto own, own_license(request, surroundings));
  if (!own->license->required() && !request.json) {
    std::printf(
        "no issuer is named here (--issuer KEY or PRIVITTY_LICENSE_ISSUER, the same as the "
        "daemon's "
        "--license-issuer): a daemon without one needs no license\n");
    return {};
  }
  print_status(*own->license, request.json);
  return {};
}

Result<> license_sync(const LicenseRequest& request, const Surroundings& surroundings) {
  EDGE_TRY(const auto own, own_license(request, surroundings));
  EDGE_CHECK(need_issuer(*own->license));
  EDGE_CHECK(own->license->sync());
  print_status(*own->license, request.json);
  return {};
}

Result<> license_deactivate(const LicenseRequest& request, const Surroundings& surroundings) {
  EDGE_TRY(const auto own, own_license(request, surroundings));
  EDGE_CHECK(need_issuer(*own->license));
  EDGE_CHECK(own->license->deactivate());
  print_status(*own->license, request.json);
  return {};
}

Result<> license_issue(const IssueRequest& request) {
  EDGE_CHECK(crypto::init());
  const base::SystemClock clock;
  LicenseTerms terms;
  terms.id = base::to_hex(crypto::random_array<8>());
  terms.customer = request.customer;
  terms.type = request.type;
  terms.devices = request.devices;
  terms.grace_days = request.grace_days;
  EDGE_CHECK(check_words("--customer", request.customer));
  EDGE_CHECK(check_words("--type", request.type));
  if (!request.device.empty() && !is_fingerprint(request.device)) {
    return fail(Errc::invalid_argument,
                "--device: expected the 64 hex digits that privitty-edge fingerprint prints");
  }
  if (request.devices < 1 || request.devices > kMostDevices) {
    return fail(Errc::invalid_argument, "--devices: expected 1 to " + std::to_string(kMostDevices));
  }
  if (request.grace_days > kMostGraceDays) {
    return fail(Errc::invalid_argument,
                "--grace-days: expected 0 to " + std::to_string(kMostGraceDays));
  }
  if (request.expires != "never") {
    EDGE_TRY(terms.expires_at, end_of_day(request.expires));
    if (*terms.expires_at <= clock.now() / 1000) {
      std::fprintf(stderr, "warning: the license is over already: --expires %s\n",
                   request.expires.c_str());
    }
  }
  EDGE_TRY(const crypto::Identity key, read_or_make_key(request.key));
  const std::string issuer = key.public_key().fingerprint();
  if (!request.device.empty()) {
    terms.device = request.device;
    terms.issued_at = clock.now() / 1000;
    std::printf("%s\n", terms.sign(key).c_str());
  } else {
    LicenseIssuer licenses(request.licenses, key, clock);
    EDGE_TRY(const std::string token, licenses.add(terms));
    if (request.json) {
      std::printf(
          "%s\n",
          nlohmann::json{{"path", "/v1/license/" + token}, {"issuer", issuer}}.dump().c_str());
    } else {
      std::printf("/v1/license/%s\n", token.c_str());
    }
  }
  std::fprintf(stderr, "daemons verify it with --license-issuer %s\n", issuer.c_str());
  return {};
}

Result<> license_serve(const ServeRequest& request) {
  Signals::block();
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const crypto::Identity key, read_key(request.key));
  const base::SystemClock clock;
  LicenseIssuer licenses(request.licenses, key, clock);
  EDGE_TRY(const auto loop, EventLoop::create(clock));
  WorkerPool workers(2);
  HttpOptions options;
  options.guard.hosts = request.hosts;
  HttpServer server(*loop, workers, std::move(options));
  add_license_endpoint(server.routes(), licenses);
  EDGE_TRY(const auto address, parse_host_port(request.listen));
  EDGE_TRY(const std::string bound, server.listen(address));
  EDGE_TRY(const auto signals,
           Signals::watch(*loop, [&](int) { server.stop(1000, [&] { loop->stop(); }); }));
  EDGE_CHECK(server.start());
  std::fprintf(stderr, "listening on http://%s\n", bound.c_str());
  loop->run();
  workers.stop();
  return {};
}

}  // namespace gateway::cli
