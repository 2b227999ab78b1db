// Config values of an account: key and value are both sealed; a key is found by its keyed hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

base::Result<std::optional<std::string>> find_config_value(const Scope& scope,
                                                           std::string_view key);
// A value of nothing deletes.
base::Result<> set_config_value(const Scope& scope, std::string_view key,
                                const std::optional<std::string>& value);

}  // namespace store
