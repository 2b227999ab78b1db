// Executor: runs a task soon, on any thread, in the turn of the party that caused it (see
// Caller::party); the daemon's own tasks have no party (""). Never called with a lock held.
#pragma once

#include <functional>
#include <string>

#include "base/function.h"

namespace rpc {

using Executor = std::function<void(const std::string& party, base::UniqueFunction<void()> task)>;

inline const std::string kNoParty;

}  // namespace rpc
