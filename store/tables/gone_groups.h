// Groups whose chat was deleted here, so that updates about members alone do not restore them.
#pragma once

#include <cstdint>
#include <optional>

#include "store/tables/scope.h"

namespace store {

// `number`: of our own entry in the group's state at that time.
base::Result<> note_gone_group(const Scope& scope, const Uuid& group, std::int64_t number);
base::Result<std::optional<std::int64_t>> find_gone_group(const Scope& scope, const Uuid& group);
base::Result<> forget_gone_group(const Scope& scope, const Uuid& group);

}  // namespace store
