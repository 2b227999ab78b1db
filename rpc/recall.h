// Recall: answers a body from memory, so that the thread that owns the sockets can answer it
// itself, without the two thread switches that a worker costs.
//
// One short call, no batch and no notification, of a method whose row has a `recall` (method.h).
// Every other body, invalid ones too, is for the Run on a worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rpc/context.h"

namespace rpc {

std::optional<std::string> recall_answer(std::string_view body, Context& context);

}  // namespace rpc
