// The accounts folder before there is a store in it. Within store/.
#pragma once

#include <string>

#include "base/result.h"
#include "store/store_options.h"

namespace store {

// The folder and those above it, made when missing. Whether it is new: its parent is then still to
// be synced.
base::Result<bool> prepare_folder(const std::string& dir);

// A folder that holds something else is left as it is: a mistyped --accounts must not put a store
// among somebody's documents.
base::Result<> refuse_foreign(const StoreOptions& options);

}  // namespace store
