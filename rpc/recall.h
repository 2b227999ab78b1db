// Recall: what memory answers of a body, so that the thread that owns the sockets can answer it
// itself, without the two ways between threads that a worker costs.
//
// One short call, no batch and no notification, of a method whose row has a `recall` (method.h).
// Everything else, whatever is wrong with it included, is for the Run on a worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rpc/context.h"

namespace rpc {

std::optional<std::string> recall_answer(std::string_view body, Context& context);

}  // namespace rpc
