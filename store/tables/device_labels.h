// Labels of device messages that were added once, so that they are not added again.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

base::Result<bool> has_device_label(const Scope& scope, std::string_view label);
base::Result<> insert_device_label(const Scope& scope, std::string_view label);

}  // namespace store
