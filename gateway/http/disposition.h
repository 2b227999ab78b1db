// Content-Disposition: a file name as its sender gave it, made safe for a header (RFC 6266, 8187).
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// `attachment; filename="plain.txt"; filename*=UTF-8''...`. Path separators, control characters and
// quotes become '_', so that neither the header nor a careless saver can be led astray.
std::string attachment_disposition(std::string_view name);
// The same for what may be shown: `inline; …`.
std::string inline_disposition(std::string_view name);

}  // namespace gateway
