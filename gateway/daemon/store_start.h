// The daemon's store at its start: its options out of the settings, and what the log says of it.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/config/settings.h"
#include "store/store.h"

namespace gateway {

// `before_new` is called when there is no store yet: its error makes none. The clock outlives the
// store.
base::Result<std::unique_ptr<store::Store>> open_store(
    const Settings& settings, const Surroundings& surroundings, const base::Clock& clock,
    const std::function<base::Result<>()>& before_new);

}  // namespace gateway
