// Content-Type by a file's first bytes, as a browser would find it (WHATWG MIME Sniffing), and
// where they are text or a zip archive, by the name among the types of that kind. Nothing is
// parsed: the bytes are a stranger's.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace gateway {

inline constexpr std::size_t kSniffBytes = 512;

// `start` holds the first kSniffBytes, or the whole file.
std::string content_type_of(base::ByteView start, std::string_view name);

}  // namespace gateway
