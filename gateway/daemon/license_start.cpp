#include "gateway/daemon/license_start.h"

#include "base/log.h"

namespace gateway {

base::Result<std::unique_ptr<License>> open_license(const Settings& settings,
                                                    DeviceFingerprint& fingerprint,
                                                    const base::Clock& clock) {
  LicensePlace place{settings.accounts, settings.license_issuer, ""};
  if (place.issuer) {
    EDGE_TRY(place.fingerprint, fingerprint.get());
  }
  auto license = std::make_unique<License>(std::move(place), clock);
  if (!license->required()) return license;
  (void)license->reload();
  if (license->installed() && !license->why().empty()) {
    base::log::warning("license: {}", license->why());
  }
  if (!license->installed() && !settings.license_url.empty()) {
    if (auto got = license->activate(settings.license_url); !got) {
      base::log::warning("no license: {}", got.error().message);
    }
  }
  base::log::info("license: {}", word_of(license->word()));
  return license;
}

}  // namespace gateway
