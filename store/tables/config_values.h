// Config values of an account: key and value are both sealed; a key is found by its keyed hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

base::Result<std::optional<std::string>> find_config_value(const Scope& scope,
                                                           std::string_view key);
// The names of those that are set and begin so, in order; one that does not open is left out.
base::Result<std::vector<std::string>> config_keys(const Scope& scope, std::string_view prefix);
// A value of nothing deletes.
base::Result<> set_config_value(const Scope& scope, std::string_view key,
                                const std::optional<std::string>& value);

}  // namespace store
