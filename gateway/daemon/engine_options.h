// The options of messaging, from the settings.
#pragma once

#include "base/result.h"
#include "gateway/config/settings.h"
#include "gateway/text/url.h"
#include "messaging/kernel/engine_options.h"

namespace gateway {

// `url`: by which peers reach this daemon without a relay. Files with secrets are read here.
base::Result<messaging::kernel::EngineOptions> engine_options(const Settings& settings,
                                                              const Surroundings& surroundings,
                                                              const PeerUrl& url);

}  // namespace gateway
