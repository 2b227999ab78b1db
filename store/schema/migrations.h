// The schema's steps in order, for Store::open.
#pragma once

#include <span>

#include "store/schema.h"

namespace store {

std::span<const Migration> migrations();

}  // namespace store
