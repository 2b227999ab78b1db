// The device's license at the start of the daemon.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/config/settings.h"
#include "gateway/license/license.h"
#include "gateway/viewer/fingerprint.h"

namespace gateway {

// Reads the license, or fetches one by --license-url. Without a license the daemon starts too:
// calls that need it say so. The clock outlives the license.
base::Result<std::unique_ptr<License>> open_license(const Settings& settings,
                                                    DeviceFingerprint& fingerprint,
                                                    const base::Clock& clock);

}  // namespace gateway
