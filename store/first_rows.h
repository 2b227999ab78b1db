// What a new store's own tables hold from the beginning, beside its key and counters. Within
// store/. The build needs it too (image/make_image.cpp).
#pragma once

#include <cstdint>
#include <string>

namespace store {

inline constexpr std::int64_t kStoreFormat = 1;

// The rows of store_meta and the application id.
std::string first_rows_sql();

}  // namespace store
