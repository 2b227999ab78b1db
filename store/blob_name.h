// Names of blobs: 32 lower-case hex digits, random. Within store/.
#pragma once

#include <string>
#include <string_view>

namespace store {

std::string new_blob_name();
bool is_blob_name(std::string_view name);

}  // namespace store
