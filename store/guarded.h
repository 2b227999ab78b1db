// guarded(): calls others' code on the writer's thread. What it throws is a bug of its own and must
// not end the writer: it is logged. Within store/.
#pragma once

#include <exception>
#include <string_view>

#include "base/log.h"

namespace store {

template <class F>
void guarded(std::string_view what, F&& call) {
  try {
    call();
  } catch (const std::exception& e) {
    base::log::error("{} of a write threw: {}", what, e.what());
  } catch (...) {
    base::log::error("{} of a write threw", what);
  }
}

}  // namespace store
